using System.Runtime.CompilerServices;
using System.Threading.Channels;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Worker.Sessions;

/// <summary>Sessions over two bounded channels in one process: a worker connects here, the silo accepts the other end.</summary>
public sealed class InProcessWorkerTransport : IWorkerTransport
{
    /// <summary>Messages that may be under way in each direction before the sender waits.</summary>
    public const int ChannelCapacity = 256;

    // Each worker opens one session at a time, so more than a few waiting ones means that nobody accepts.
    private const int PendingSessionsMax = 64;

    private readonly Channel<InProcessGatewaySession> _sessions = Channel.CreateBounded<InProcessGatewaySession>(PendingSessionsMax);

    /// <inheritdoc/>
    public string Address => "in-process";

    /// <inheritdoc/>
    public async ValueTask<IWorkerConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var fromWorker = NewChannel<WorkerMessage>();
        var toWorker = NewChannel<SiloMessage>();
        try
        {
            await _sessions.Writer.WriteAsync(new InProcessGatewaySession(fromWorker, toWorker), cancellationToken);
        }
        catch (ChannelClosedException exception)
        {
            throw new FlowException(FlowErrorCode.GatewayUnreachable, "The silo in this process takes no more worker sessions: it is stopping.", exception);
        }

        return new Connection(fromWorker, toWorker);
    }

    /// <summary>The gateway's ends of the sessions that workers open, as they come; ends after <see cref="Close"/>.</summary>
    public IAsyncEnumerable<InProcessGatewaySession> AcceptAllAsync(CancellationToken cancellationToken) => _sessions.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Refuses further sessions.</summary>
    public void Close() => _sessions.Writer.TryComplete();

    private static Channel<T> NewChannel<T>() =>
        Channel.CreateBounded<T>(new BoundedChannelOptions(ChannelCapacity) { SingleReader = true });

    private sealed class Connection(Channel<WorkerMessage> fromWorker, Channel<SiloMessage> toWorker) : IWorkerConnection
    {
        public async ValueTask SendAsync(WorkerMessage message, CancellationToken cancellationToken)
        {
            try
            {
                await fromWorker.Writer.WriteAsync(message, cancellationToken);
            }
            catch (ChannelClosedException exception)
            {
                throw Lost(exception);
            }
        }

        public ValueTask CompleteAsync()
        {
            fromWorker.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }

        public async IAsyncEnumerable<SiloMessage> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            while (await toWorker.Reader.WaitToReadAsync(cancellationToken))
            {
                while (toWorker.Reader.TryRead(out var message))
                {
                    yield return message;
                }
            }
        }

        public ValueTask DisposeAsync()
        {
            fromWorker.Writer.TryComplete(new FlowException(FlowErrorCode.WorkerLost, "The in-process worker broke its session off."));
            toWorker.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }

        private static FlowException Lost(ChannelClosedException exception) =>
            exception.InnerException as FlowException
            ?? new FlowException(FlowErrorCode.GatewayUnreachable, "The silo ended the in-process session.", exception);
    }
}
