namespace OrleansFlow.Rpc.Http2;

/// <summary>The body of one response. Ended, it gives its connection back; disposed before, it ends the connection.</summary>
internal sealed class Http2DownloadStream(Http2DownloadConnection connection, Action<Http2DownloadConnection> giveBack, HttpResponseMessage response) : Stream
{
    private Http2DownloadConnection? _connection = connection;
    private volatile bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Volatile.Read(ref _connection) is not { } connection)
        {
            return _ended ? 0 : throw new ObjectDisposedException(nameof(Http2DownloadStream), "The response was disposed before its end.");
        }

        var read = await connection.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (read == 0 && buffer.Length > 0)
        {
            foreach (var (name, value) in connection.Trailers)
            {
                response.TrailingHeaders.TryAddWithoutValidation(name, value);
            }

            _ended = true;
            End();
        }

        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            End();
        }

        base.Dispose(disposing);
    }

    private void End()
    {
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
        {
            giveBack(connection);
        }
    }
}
