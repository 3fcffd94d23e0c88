using System.Threading.Channels;
using OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Silo.Gateway.Sessions;

/// <summary>What waits to be sent to a worker, in order. Many write, one loop sends.</summary>
internal sealed class SessionOutbox(ISessionConnection connection, int messagesMax)
{
    private readonly Channel<SiloMessage> _messages =
        Channel.CreateBounded<SiloMessage>(new BoundedChannelOptions(messagesMax) { SingleReader = true });

    /// <summary>Queues a message; waits while the queue is full.</summary>
    /// <exception cref="ChannelClosedException">The session ends.</exception>
    public ValueTask SendAsync(SiloMessage message, CancellationToken cancellationToken) => _messages.Writer.WriteAsync(message, cancellationToken);

    /// <summary>Takes no further message; the loop ends when those queued are sent.</summary>
    public void Complete() => _messages.Writer.TryComplete();

    /// <summary>Sends until <see cref="Complete"/>.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await _messages.Reader.WaitToReadAsync(cancellationToken))
            {
                while (_messages.Reader.TryRead(out var message))
                {
                    await connection.SendAsync(message, cancellationToken);
                }
            }
        }
        finally
        {
            // Whoever waits for room must not wait for a loop that has ended.
            _messages.Writer.TryComplete();
        }
    }
}
