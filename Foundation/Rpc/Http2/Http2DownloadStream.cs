namespace OrleansFlow.Rpc.Http2;

/// <summary>The body of one response. Ended, it gives its connection back; disposed before, it ends the connection.</summary>
internal sealed class Http2DownloadStream(Http2DownloadConnection connection, Action<Http2DownloadConnection> giveBack, HttpResponseMessage response)
    : Http2ResponseStream(response)
{
    private Http2DownloadConnection? _connection = connection;
    private volatile bool _ended;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Volatile.Read(ref _connection) is not { } connection)
        {
            return _ended ? 0 : throw new ObjectDisposedException(nameof(Http2DownloadStream), "The response was disposed before its end.");
        }

        var read = await connection.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (read == 0 && buffer.Length > 0)
        {
            AddTrailers(connection.Trailers);

            _ended = true;
            End();
        }

        return read;
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
