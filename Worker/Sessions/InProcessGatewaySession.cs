using System.Runtime.CompilerServices;
using System.Threading.Channels;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Worker.Sessions;

/// <summary>The gateway's end of a session with a worker in the same process. Thread-safe but for one reader.</summary>
/// <remarks>Messages are handed over as objects, so neither side may change one after it was sent.</remarks>
public sealed class InProcessGatewaySession
{
    private readonly Channel<WorkerMessage> _fromWorker;
    private readonly Channel<SiloMessage> _toWorker;

    internal InProcessGatewaySession(Channel<WorkerMessage> fromWorker, Channel<SiloMessage> toWorker)
    {
        _fromWorker = fromWorker;
        _toWorker = toWorker;
    }

    /// <summary>What the worker sends; ends with its good-bye.</summary>
    /// <exception cref="FlowException"><c>worker_lost</c>: the worker broke the stream off without a good-bye.</exception>
    public async IAsyncEnumerable<WorkerMessage> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // As the worker's end does; the channel's own enumeration goes on on the thread pool, whatever scheduler its reader is on.
        while (await _fromWorker.Reader.WaitToReadAsync(cancellationToken))
        {
            while (_fromWorker.Reader.TryRead(out var message))
            {
                yield return message;
            }
        }
    }

    /// <summary>Sends a message; waits while the worker's channel is full.</summary>
    /// <exception cref="FlowException"><c>worker_lost</c>: the worker has gone.</exception>
    public async ValueTask SendAsync(SiloMessage message, CancellationToken cancellationToken)
    {
        try
        {
            await _toWorker.Writer.WriteAsync(message, cancellationToken);
        }
        catch (ChannelClosedException exception)
        {
            throw new FlowException(FlowErrorCode.WorkerLost, "The in-process worker has left its session.", exception);
        }
    }

    /// <summary>Ends the stream. Messages sent before still arrive.</summary>
    /// <param name="error">Why the session cannot go on; null for a plain end.</param>
    public void Complete(FlowException? error = null)
    {
        _toWorker.Writer.TryComplete(error);

        // A worker that waits for room in a channel that nobody reads any more must notice, too.
        _fromWorker.Writer.TryComplete(error);
    }
}
