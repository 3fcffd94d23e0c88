using Microsoft.Win32.SafeHandles;

namespace OrleansFlow.Silo.Gateway.Streams;

/// <summary>
/// The bytes of one segment, as far as they count. At their end a read waits: for more of them, or for the next segment, with which this one
/// ends. Read asynchronously only.
/// </summary>
internal sealed class SegmentStream(StreamLog log, long segment, SafeFileHandle file) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            // The order matters: what is seen to end before its length is read has that length for ever.
            var end = log.End;
            var isLast = end.Segment <= segment;
            var counted = !isLast ? RandomAccess.GetLength(file) : end.Segment == segment ? end.Bytes : 0;
            if (_position < counted)
            {
                var length = (int)Math.Min(buffer.Length, counted - _position);
                var read = await RandomAccess.ReadAsync(file, buffer[..length], _position, cancellationToken);
                _position += read;
                return read;
            }

            if (!isLast)
            {
                return 0;
            }

            await log.WaitAsync(end, cancellationToken);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }
}
