using System.Net.Sockets;

namespace OrleansFlow.Rpc;

/// <summary>
/// A client's connection that reads ahead once data comes in bulk. The HTTP client asks for one frame of 16 KiB at a time, each a trip to
/// the system and often a change of threads; out of memory it takes the frames that have come already in one go.
/// </summary>
internal sealed class RpcConnectionStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    /// <summary>Measured on loopback: 128 KiB are as fast as more.</summary>
    private const int BufferBytes = 128 * 1024;

    /// <summary>A read that fills at least so much memory means that more is waiting.</summary>
    private const int BulkBytesMin = 8 * 1024;

    private byte[]? _buffer;
    private int _start;
    private int _end;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_end > _start)
        {
            return new ValueTask<int>(Take(buffer.Span));
        }

        if (buffer.Length is 0 or >= BufferBytes)
        {
            return base.ReadAsync(buffer, cancellationToken);
        }

        return _buffer is null ? ReadDirectAsync(buffer, cancellationToken) : ReadAheadAsync(_buffer, buffer, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(Span<byte> buffer) => _end > _start ? Take(buffer) : base.Read(buffer);

    // The base class turns spans of derived classes into arrays, so this one must not turn arrays into spans.
    public override int Read(byte[] buffer, int offset, int count) =>
        _end > _start ? Take(buffer.AsSpan(offset, count)) : base.Read(buffer, offset, count);

    private int Take(Span<byte> destination)
    {
        var count = Math.Min(destination.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(destination);
        _start += count;
        return count;
    }

    private async ValueTask<int> ReadDirectAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        var read = await base.ReadAsync(destination, cancellationToken).ConfigureAwait(false);
        if (read == destination.Length && read >= BulkBytesMin)
        {
            _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
        }

        return read;
    }

    private async ValueTask<int> ReadAheadAsync(byte[] buffer, Memory<byte> destination, CancellationToken cancellationToken)
    {
        _start = _end = 0;
        _end = await base.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        return Take(destination.Span);
    }
}
