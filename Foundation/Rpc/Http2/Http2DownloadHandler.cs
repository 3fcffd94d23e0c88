using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace OrleansFlow.Rpc.Http2;

/// <summary>
/// Sends requests whose responses are long over connections that carry nothing else meanwhile, a few at most; what does not fit there goes
/// the ordinary way. Made for plain HTTP/2 to one address: with TLS the ordinary client loses little.
/// </summary>
internal sealed class Http2DownloadHandler(HttpMessageHandler ordinary, Uri address, RpcChannelOptions options, TimeProvider clock) : DelegatingHandler(ordinary)
{
    /// <summary>Downloads at once that pay: each can fill a core.</summary>
    private const int ConnectionsMax = 4;

    private readonly Lock _gate = new();
    private readonly HashSet<Http2DownloadConnection> _open = [];
    private readonly Stack<Http2DownloadConnection> _idle = new();
    private int _opening;
    private bool _disposed;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (await TryRentAsync(cancellationToken).ConfigureAwait(false) is not { } connection)
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
                GiveBack(connection);
                return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            }

            var headers = await connection.SendAsync(message.WrittenMemory, cancellationToken).ConfigureAwait(false);
            return MakeResponse(connection, request, headers);
        }
        catch (HttpProtocolException) when (connection.WasRefused)
        {
            Drop(connection);
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            GiveBack(connection);
            throw;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Http2DownloadConnection[] open;
            lock (_gate)
            {
                _disposed = true;
                open = [.. _open];
                _open.Clear();
                _idle.Clear();
            }

            Array.ForEach(open, connection => connection.Dispose());
        }

        base.Dispose(disposing);
    }

    private HttpResponseMessage MakeResponse(
        Http2DownloadConnection connection, HttpRequestMessage request, IReadOnlyList<(string Name, string Value)> headers)
    {
        var status = headers.FirstOrDefault(header => header.Name == ":status").Value;
        if (!int.TryParse(status, NumberStyles.None, CultureInfo.InvariantCulture, out var code) || code is < 200 or > 999)
        {
            throw Http2Errors.Protocol($"a response has the status '{status}'");
        }

        var response = new HttpResponseMessage((HttpStatusCode)code) { Version = HttpVersion.Version20, RequestMessage = request };
        response.Content = new Http2DownloadContent(new Http2DownloadStream(connection, GiveBack, response));
        foreach (var (name, value) in headers)
        {
            if (!name.StartsWith(':') && !response.Headers.TryAddWithoutValidation(name, value))
            {
                response.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return response;
    }

    /// <summary>An idle connection, or a new one; null when there are as many as pay.</summary>
    private async ValueTask<Http2DownloadConnection?> TryRentAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Http2DownloadConnection? idle;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (!_idle.TryPop(out idle))
                {
                    if (_open.Count + _opening >= ConnectionsMax)
                    {
                        return null;
                    }

                    _opening++;
                    break;
                }
            }

            if (idle.TryReuse())
            {
                return idle;
            }

            Drop(idle);
        }

        Http2DownloadConnection? made = null;
        try
        {
            made = await Http2DownloadConnection.OpenAsync(address, options, clock, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _opening--;
                if (made is not null && !_disposed)
                {
                    _open.Add(made);
                }
            }
        }

        if (_disposed)
        {
            made.Dispose();
            ObjectDisposedException.ThrowIf(true, this);
        }

        return made;
    }

    private void GiveBack(Http2DownloadConnection connection)
    {
        if (connection.IsReusable)
        {
            lock (_gate)
            {
                if (!_disposed)
                {
                    _idle.Push(connection);
                    return;
                }
            }
        }

        Drop(connection);
    }

    private void Drop(Http2DownloadConnection connection)
    {
        lock (_gate)
        {
            _open.Remove(connection);
        }

        connection.Dispose();
    }
}
