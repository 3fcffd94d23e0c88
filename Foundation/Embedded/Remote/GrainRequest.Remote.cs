using Orleans.Embedded.Remote;
using Orleans.Embedded.Serialization;

namespace Orleans.Embedded;

/// <content>What a request needs when caller and callee are in different processes.</content>
public abstract partial class GrainRequest
{
    // Where the request was sent, and its number there; written by the sender before anybody can answer.
    private RemotePeer? _remotePeer;
    private long _remoteId;

    /// <summary>The enumeration that a request belongs to; null for calls of other methods.</summary>
    internal virtual IRemoteSequence? Sequence => null;

    /// <summary>Whether the request ends its enumeration.</summary>
    internal virtual bool EndsSequence => false;

    private (RemotePeer? Peer, long Id) RemoteCall => (Volatile.Read(ref _remotePeer), Volatile.Read(ref _remoteId));

    /// <summary>In the caller's process: hands the answer over, and ends the callee's ownership.</summary>
    internal abstract void ReceiveAnswer(CodecReader reader);

    /// <summary>In the callee's process: tells a call when it is answered. Before the request is dispatched.</summary>
    internal abstract void AnswerTo(ServedCall call);

    /// <summary>In the callee's process, once: writes the answer, and ends the caller's ownership.</summary>
    /// <exception cref="Exception">The call has failed with it, or the answer cannot be written.</exception>
    internal abstract void WriteAnswer(CodecWriter writer, short token);

    internal void SentTo(RemotePeer peer, long id)
    {
        _remotePeer = peer;
        Interlocked.Exchange(ref _remoteId, id);
    }

    /// <summary>Fails a request in the callee's stead, and ends the callee's ownership.</summary>
    internal void FailRemote(Exception exception)
    {
        TryFail(exception);
        ReleaseOwner();
    }
}

/// <content>The answer of a request, as bytes.</content>
public abstract partial class GrainRequest<TResult>
{
    internal sealed override void ReceiveAnswer(CodecReader reader)
    {
        TResult result;
        try
        {
            result = ReadResult(reader);
            reader.ExpectEnd();
        }
        catch (Exception exception)
        {
            FailRemote(RecordText.Unreadable(reader, $"the answer of {Method}", exception));
            return;
        }

        Answer(result, null);
    }

    internal sealed override void AnswerTo(ServedCall call)
    {
        // The answer becomes bytes in the turn that gave it: a change of threads costs more.
        _source.RunContinuationsAsynchronously = false;
        call.Token = _source.Version;
        _source.OnCompleted(static state => ((ServedCall)state!).Complete(), call, _source.Version, 0);
    }

    internal sealed override void WriteAnswer(CodecWriter writer, short token) => WriteResult(writer, TakeResult(token));

    internal virtual void WriteResult(CodecWriter writer, TResult result)
    {
        if (typeof(TResult) != typeof(Nothing))
        {
            writer.WriteField(0, result);
        }
    }

    internal virtual TResult ReadResult(CodecReader reader) =>
        typeof(TResult) == typeof(Nothing) ? default! : reader.ReadField<TResult>(reader.ReadHeader());
}
