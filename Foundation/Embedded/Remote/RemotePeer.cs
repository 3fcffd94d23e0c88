using Orleans.Embedded.Serialization;

namespace Orleans.Embedded.Remote;

/// <summary>One connection, seen from either end: sends calls and gives their answers out, takes calls and sends their answers.</summary>
/// <remarks>
/// What waits to be sent is bounded by <see cref="UnsentBytesMax"/>: past it a call fails, and a peer that takes no answers loses its
/// connection. What runs for a peer is bounded by <see cref="ServedCalls"/>.
/// </remarks>
internal abstract partial class RemotePeer(IFrameConnection connection, int recordBytesMax)
{
    private readonly Dictionary<long, GrainRequest> _pending = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastId;

    /// <summary>A record may be so large; a larger one fails its call.</summary>
    public int RecordBytesMax => recordBytesMax;

    /// <summary>Why the connection has ended; null while it has not.</summary>
    public Exception? Ended { get; private set; }

    /// <summary>Fails when this side has ended the connection, with the reason.</summary>
    public Task EndedHere => _ended.Task;

    protected abstract IReferenceFormatter References { get; }

    /// <summary>Reads until the connection ends.</summary>
    /// <exception cref="Exception">Why it ended; none when the peer closed it in order.</exception>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        await foreach (var frame in connection.ReadAllAsync(cancellationToken).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            using (frame)
            {
                var position = 0;
                while (frame.NextRecord(ref position) is var (start, length))
                {
                    OnRecord(new CodecReader(frame.Buffer, start, length, References, position: 0));
                }
            }
        }
    }

    /// <summary>Sends a request that has been prepared. Afterwards it may be answered, and reused, at any time.</summary>
    public void Send(GrainRequest request, bool isOneWay, TimeSpan timeout)
    {
        var id = isOneWay ? 0 : Interlocked.Increment(ref _lastId);
        var writer = CodecWriter.Rent(References);
        try
        {
            var method = WriteRequest(writer, request, id, timeout);
            request.SentTo(this, id);
            Post(writer, method, isOneWay ? null : request, id);
        }
        catch (Exception exception)
        {
            request.FailRemote(exception);
            return;
        }
        finally
        {
            writer.Return();
        }

        if (isOneWay)
        {
            request.ReleaseOwner();
        }
    }

    /// <summary>Forgets a request whose caller no longer waits. Does nothing when it has been answered.</summary>
    /// <param name="id">Its number; 0 for one that was never sent.</param>
    /// <param name="cancelCallee">Whether the callee's token is to be cancelled.</param>
    public void Abandon(long id, bool cancelCallee)
    {
        if (id == 0 || TakePending(id) is not { } request)
        {
            return;
        }

        request.ReleaseOwner();
        if (cancelCallee)
        {
            PostShort(RecordKind.Cancel, id);
        }
    }

    /// <summary>Ends the connection at this side: nothing is sent any more, and what waits for an answer fails.</summary>
    public void End(Exception reason)
    {
        GrainRequest[] pending;
        lock (_gate)
        {
            if (Ended is not null)
            {
                return;
            }

            Ended = reason;
            pending = [.. _pending.Values];
            _pending.Clear();
        }

        foreach (var request in pending)
        {
            request.FailRemote(ToFailure(reason));
        }

        _ended.TrySetException(reason);
        _ = _ended.Task.Exception;
        OnEnded();
    }

    /// <summary>What a caller gets when the connection ended before the answer came.</summary>
    protected abstract Exception ToFailure(Exception reason);

    /// <summary>Takes a record of a kind that is not an answer.</summary>
    /// <exception cref="RemoteProtocolException">It should not have been sent.</exception>
    protected abstract void OnRecord(RecordKind kind, CodecReader reader);

    protected virtual void OnEnded()
    {
    }

    protected static RemoteProtocolException Unexpected(RecordKind kind) =>
        new($"A record of kind {(int)kind} is not expected here; see embedded_v1.proto.");

    private static RemoteMethod? WriteRequest(CodecWriter writer, GrainRequest request, long id, TimeSpan timeout)
    {
        if (request.Sequence is { } sequence)
        {
            return WriteSequence(writer, request, sequence, id, timeout);
        }

        var reference = request._reference!;
        var method = RemoteMethod.Of(request, reference);
        writer.WriteVarint((ulong)RecordKind.Call);
        writer.WriteVarint((ulong)id);
        RecordText.WriteTime(writer, timeout);
        WriteTarget(writer, method, reference.GrainId, request._context);
        method.WriteArguments(writer, request.GetArgument);
        return method;
    }

    private static RemoteMethod? WriteSequence(CodecWriter writer, GrainRequest request, IRemoteSequence sequence, long id, TimeSpan timeout)
    {
        writer.WriteVarint((ulong)(request.EndsSequence ? RecordKind.EndSequence : RecordKind.Next));
        writer.WriteVarint((ulong)id);
        var isFirst = sequence.RemoteId == 0;
        if (isFirst)
        {
            // The number of its first request is unique on the connection, and the reader sends one request at a time.
            sequence.RemoteId = id;
        }

        writer.WriteVarint((ulong)sequence.RemoteId);
        if (request.EndsSequence)
        {
            return null;
        }

        RecordText.WriteTime(writer, timeout);
        writer.WriteByte(isFirst ? (byte)1 : (byte)0);
        if (!isFirst)
        {
            return null;
        }

        var call = sequence.Call;
        var method = RemoteMethod.Of(call, call.Reference);
        writer.WriteVarint((ulong)sequence.MaxBatchSize);
        WriteTarget(writer, method, call.Reference.GrainId, request._context);
        method.WriteArguments(writer, call.GetArgument);
        return method;
    }

    private static void WriteTarget(CodecWriter writer, RemoteMethod method, GrainId target, RequestContextValues? context)
    {
        writer.WriteVarint((ulong)method.Number);
        RecordText.WriteGrainId(writer, target);
        RecordText.WriteContext(writer, context);
    }

    private GrainRequest? TakePending(long id)
    {
        lock (_gate)
        {
            return _pending.Remove(id, out var request) ? request : null;
        }
    }

    private void OnRecord(CodecReader reader)
    {
        RecordKind kind;
        long id;
        try
        {
            kind = (RecordKind)reader.ReadVarint();
            if (kind is not (RecordKind.Result or RecordKind.Failure))
            {
                OnRecord(kind, reader);
                return;
            }

            id = (long)reader.ReadVarint();
        }
        catch (Orleans.Serialization.SerializerException exception)
        {
            throw new RemoteProtocolException($"A record cannot be read: {exception.Message}", exception);
        }

        // An answer that nobody waits for any more is no mistake: its caller was cancelled or timed out.
        if (TakePending(id) is not { } request)
        {
            return;
        }

        if (kind == RecordKind.Result)
        {
            request.ReceiveAnswer(reader);
        }
        else
        {
            request.FailRemote(RecordText.ReadFailure(reader));
        }
    }
}

/// <summary>What carries frames.</summary>
internal interface IFrameConnection
{
    /// <summary>Sends a frame; ends when the connection has taken it. One at a time.</summary>
    ValueTask WriteAsync(RemoteFrame frame);

    /// <summary>Frames until the peer ends the connection; each belongs to who reads it.</summary>
    IAsyncEnumerable<RemoteFrame> ReadAllAsync(CancellationToken cancellationToken);
}
