using System.Buffers;
using System.Diagnostics;

namespace OrleansFlow.Rpc.Http2;

/// <summary>
/// Sends requests whose responses are long over connections that carry nothing else meanwhile, a few at most; what does not fit there goes
/// the ordinary way. Made for plain HTTP/2 to one address: with TLS the ordinary client loses little.
/// </summary>
internal sealed class Http2DownloadHandler(HttpMessageHandler ordinary, Uri address, RpcChannelOptions options, TimeProvider clock) : DelegatingHandler(ordinary)
{
    private readonly Http2Pool<Http2DownloadConnection> _pool =
        new(cancellationToken => Http2DownloadConnection.OpenAsync(address, options, clock, cancellationToken));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (await _pool.TryRentAsync(cancellationToken).ConfigureAwait(false) is not { } connection)
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            var body = await request.Content!.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            var message = new ArrayBufferWriter<byte>();
            DistributedContextPropagator.Current.Inject(Activity.Current, request, static (carrier, name, value) =>
                ((HttpRequestMessage)carrier!).Headers.TryAddWithoutValidation(name, value));
            if (!Http2Writer.TryWriteRequest(message, connection.NextStreamId, request, body))
            {
                _pool.GiveBack(connection);
                return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            }

            var headers = await connection.SendAsync(message.WrittenMemory, cancellationToken).ConfigureAwait(false);
            return Http2Responses.Make(request, headers, response => new Http2DownloadStream(connection, _pool.GiveBack, response));
        }
        catch (HttpProtocolException) when (connection.WasRefused)
        {
            _pool.Drop(connection);
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _pool.GiveBack(connection);
            throw;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _pool.Dispose();
        }

        base.Dispose(disposing);
    }
}
