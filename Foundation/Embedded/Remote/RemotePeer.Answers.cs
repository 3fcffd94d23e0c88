using Orleans.Embedded.Serialization;

namespace Orleans.Embedded.Remote;

/// <content>Answers to the peer's calls.</content>
internal abstract partial class RemotePeer : IAnswerSink
{
    public void Answer(GrainRequest? request, short token, long id)
    {
        var writer = CodecWriter.Rent(References);
        try
        {
            writer.WriteVarint((ulong)RecordKind.Result);
            writer.WriteVarint((ulong)id);
            request?.WriteAnswer(writer, token);
            if (writer.Written.Length > recordBytesMax)
            {
                throw TooLarge(writer.Written.Length);
            }
        }
        catch (Exception exception)
        {
            writer.Return();
            Fail(id, exception);
            return;
        }

        PostAnswer(writer);
    }

    public void Fail(long id, Exception exception)
    {
        if (TryWriteFailure(id, exception) is { } writer)
        {
            PostAnswer(writer);
            return;
        }

        // An exception whose members cannot be sent still has a text that can.
        var text = exception.ToString();
        PostAnswer(TryWriteFailure(id, new OrleansException(text.Length > 10_000 ? text[..10_000] : text))!);
    }

    private CodecWriter? TryWriteFailure(long id, Exception exception)
    {
        var writer = CodecWriter.Rent(References);
        try
        {
            writer.WriteVarint((ulong)RecordKind.Failure);
            writer.WriteVarint((ulong)id);
            RecordText.WriteFailure(writer, exception);
            if (writer.Written.Length <= recordBytesMax)
            {
                return writer;
            }
        }
        catch (Exception)
        {
            // Told by the text alone, see above.
        }

        writer.Return();
        return null;
    }

    private void PostAnswer(CodecWriter writer)
    {
        try
        {
            Post(writer, null, null, 0);
        }
        catch (LimitExceededException exception)
        {
            // The peer calls, and does not take the answers.
            End(exception);
        }
        catch (OrleansException)
        {
            // The connection has ended: nobody is left to hear the answer.
        }
        finally
        {
            writer.Return();
        }
    }
}
