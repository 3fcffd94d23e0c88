using System.Buffers;
using System.Diagnostics;

namespace OrleansFlow.Rpc.Http2;

/// <summary>
/// Sends long requests over connections that carry nothing else meanwhile, a few at most; what does not fit there goes the ordinary way. The
/// response may begin, and end, before the request has. Made for plain HTTP/2 to one address.
/// </summary>
internal sealed class Http2UploadHandler(HttpMessageHandler ordinary, Uri address, RpcChannelOptions options, TimeProvider clock) : DelegatingHandler(ordinary)
{
    private readonly Http2Pool<Http2UploadConnection> _pool =
        new(cancellationToken => Http2UploadConnection.OpenAsync(address, options, clock, cancellationToken));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (await _pool.TryRentAsync(cancellationToken).ConfigureAwait(false) is not { } connection)
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }

        DistributedContextPropagator.Current.Inject(Activity.Current, request, static (carrier, name, value) =>
            ((HttpRequestMessage)carrier!).Headers.TryAddWithoutValidation(name, value));
        var head = new ArrayBufferWriter<byte>();
        if (!Http2Writer.TryWriteHeaders(head, connection.NextStreamId, request))
        {
            _pool.GiveBack(connection);
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }

        var call = connection.Begin(head.WrittenSpan, () => _pool.GiveBack(connection));
        var cancellation = cancellationToken.UnsafeRegister(
            (_, token) => connection.Abort(call, new OperationCanceledException(token)), state: null);
        try
        {
            // Owned by the call, which ends it; a failure ends the call.
            _ = SendBodyAsync(connection, call, request.Content!);
            var headers = await call.Headers.ConfigureAwait(false);
            return Http2Responses.Make(request, headers, response => new Http2UploadResponse(connection, call, response));
        }
        catch (Exception exception)
        {
            connection.Abort(call, exception);
            call.Leave();
            throw;
        }
        finally
        {
            await cancellation.DisposeAsync().ConfigureAwait(false);
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

    private static async Task SendBodyAsync(Http2UploadConnection connection, Http2Upload call, HttpContent content)
    {
        try
        {
            var body = new Http2UploadBody(connection, call);
            await using var _ = body.ConfigureAwait(false);
            await content.CopyToAsync(body, context: null, call.Stopped).ConfigureAwait(false);
            await body.EndAsync(call.Stopped).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever the content throws ends the call, and is told to its reader.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            connection.Abort(call, exception);
        }
        finally
        {
            call.Leave();
        }
    }
}
