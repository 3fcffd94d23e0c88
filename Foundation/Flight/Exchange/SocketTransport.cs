using System.Net.Sockets;

namespace OrleansFlow.Flight.Exchange;

/// <summary>A bare socket. On Linux the parts of a message leave with as few system calls as the socket's buffer allows, straight from where they lie.</summary>
internal sealed class SocketTransport(Socket socket) : ExchangeTransport(socket)
{
    private readonly PartCursor _cursor = new();

    public override ValueTask<int> ReceiveAsync(Memory<byte> target, CancellationToken cancellationToken) =>
        Socket.ReceiveAsync(target, SocketFlags.None, cancellationToken);

    public override async ValueTask SendAsync(IReadOnlyList<ReadOnlyMemory<byte>> parts, CancellationToken cancellationToken)
    {
        if (!NativeSocket.IsSupported)
        {
            // One call a part, which does not copy either; the class library's own vectored send takes arrays only.
            foreach (var part in parts)
            {
                await SendWholeAsync(part, cancellationToken).ConfigureAwait(false);
            }

            return;
        }

        _cursor.Begin(parts);
        try
        {
            while (!_cursor.IsAtEnd)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!_cursor.TrySend(Socket.SafeHandle))
                {
                    // The socket's buffer is full: the runtime waits until it has room, and sends the first of what is left meanwhile.
                    var rest = _cursor.TakeCurrent();
                    await SendWholeAsync(rest, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            _cursor.End();
        }
    }

    public override ValueTask CompleteAsync()
    {
        Socket.Shutdown(SocketShutdown.Send);
        return ValueTask.CompletedTask;
    }

    private async ValueTask SendWholeAsync(ReadOnlyMemory<byte> part, CancellationToken cancellationToken)
    {
        while (!part.IsEmpty)
        {
            part = part[await Socket.SendAsync(part, SocketFlags.None, cancellationToken).ConfigureAwait(false)..];
        }
    }
}
