using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Connectors.Web;

/// <summary>Sends the requests of one endpoint, and says of each failure whether it may pass. Thread-safe.</summary>
internal sealed class WebClient : IDisposable
{
    private const string CursorPlace = "{cursor}";
    private const int ErrorBytesMax = 512;

    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    private readonly WebEndpoint _endpoint;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http;
    private readonly TimeSpan _timeout;

    /// <summary>Makes one.</summary>
    /// <param name="endpoint">Whom to ask.</param>
    /// <param name="operatorId">Who asks, for messages.</param>
    /// <param name="clock">The time.</param>
    /// <exception cref="FlowException">A secret is missing (<see cref="FlowErrorCode.BadOption"/>).</exception>
    public WebClient(WebEndpoint endpoint, string operatorId, TimeProvider clock)
    {
        (_endpoint, _clock) = (endpoint, clock);
        _timeout = endpoint.TimeoutMicros > 0 ? TimeSpan.FromMicroseconds(endpoint.TimeoutMicros) : DefaultTimeout;
        Headers = [.. endpoint.Headers.Select(header => (header.Name, WebSecrets.Resolve(header.Value, $"The header {header.Name} of '{operatorId}'")))];
        _http = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), AutomaticDecompression = DecompressionMethods.All }) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The headers, with their secrets.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; }

    /// <summary>How to try again.</summary>
    public WebRetries Retries => WebRetries.Of(_endpoint);

    /// <summary>The endpoint as messages may show it: without user and query, which may hold secrets.</summary>
    public string Shown => ShownOf(_endpoint.Url);

    /// <summary>As <see cref="Shown"/>.</summary>
    public static string ShownOf(string url) => Uri.TryCreate(url.Replace(CursorPlace, "", StringComparison.Ordinal), UriKind.Absolute, out var uri) ? uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) : url;

    /// <summary>The address to ask, of a source that stands somewhere.</summary>
    public Uri AddressOf(string cursor) => new(_endpoint.Url.Replace(CursorPlace, Uri.EscapeDataString(cursor), StringComparison.Ordinal));

    /// <summary>A text that is sent, of a source that stands somewhere.</summary>
    public static string TextOf(string text, string cursor) => text.Replace(CursorPlace, cursor, StringComparison.Ordinal);

    /// <summary>A request with the headers of the endpoint.</summary>
    /// <param name="method">Where the endpoint names none.</param>
    /// <param name="cursor">Where the source stands; empty for a sink.</param>
    /// <param name="content">What is sent; null for the endpoint's own text.</param>
    public HttpRequestMessage Request(HttpMethod method, string cursor, HttpContent? content = null)
    {
        content ??= _endpoint.Body.Length > 0 ? new StringContent(TextOf(_endpoint.Body, cursor), Encoding.UTF8, "application/json") : null;
        var request = new HttpRequestMessage(_endpoint.Method.Length > 0 ? new HttpMethod(_endpoint.Method) : method, AddressOf(cursor)) { Content = content };
        foreach (var (name, value) in Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value) && content is not null)
            {
                content.Headers.Remove(name);
                content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return request;
    }

    /// <summary>Sends a request. The answer has begun when it returns.</summary>
    /// <returns>An answer of success, which the caller disposes.</returns>
    /// <exception cref="WebFailureException">It failed in a way that may pass.</exception>
    /// <exception cref="FlowException">The endpoint refuses such requests (<see cref="FlowErrorCode.BadOption"/>).</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage? answer = null;
        try
        {
            answer = await BoundedAsync(token => _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token), cancellationToken);
            return answer.IsSuccessStatusCode ? answer : throw await FailureAsync(answer, cancellationToken);
        }
        catch
        {
            answer?.Dispose();
            throw;
        }
    }

    /// <summary>As the other one, for as long as the endpoint may take to answer.</summary>
    public Task<T> BoundedAsync<T>(Func<CancellationToken, Task<T>> action, CancellationToken cancellationToken) => BoundedAsync(_timeout, "timeout", action, cancellationToken);

    /// <summary>Gives up what takes too long.</summary>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="option">The option that says so.</param>
    /// <param name="action">What to do.</param>
    /// <param name="cancellationToken">Gives up sooner.</param>
    /// <exception cref="WebFailureException">It took longer, or the connection failed.</exception>
    public async Task<T> BoundedAsync<T>(TimeSpan timeout, string option, Func<CancellationToken, Task<T>> action, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(timeout, _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await action(both.Token);
        }
        catch (OperationCanceledException exception) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new WebFailureException($"nothing came within {timeout} ({option})", cause: exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException or WebSocketException && !cancellationToken.IsCancellationRequested)
        {
            throw new WebFailureException(exception.Message, cause: exception);
        }
    }

    /// <summary>Whether the same request may succeed later.</summary>
    public static bool IsTransient(int status) => status is 408 or 425 or 429 or >= 500;

    /// <summary>What to say of an endpoint that will never answer well.</summary>
    public FlowException Refused(string reason) => new(FlowErrorCode.BadOption, $"{Shown} refuses the request: {reason}. Correct the options endpoint, method, headers or body.");

    /// <summary>What to say when all tries have failed.</summary>
    public FlowException GaveUp(string what, int failures, WebFailureException last) => new(
        FlowErrorCode.StoreUnavailable, $"{what} failed {failures} times in a row at {Shown}, the last time since {last.Message}. Look after the other end, or raise retry.max_attempts.", last);

    public void Dispose() => _http.Dispose();

    private async Task<Exception> FailureAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var status = (int)answer.StatusCode;
        var message = $"it answered {status} {answer.ReasonPhrase}{await StartAsync(answer, cancellationToken)}";
        if (IsTransient(status))
        {
            var after = answer.Headers.RetryAfter;
            return new WebFailureException(message, after?.Delta ?? (after?.Date is { } date ? date - _clock.GetUtcNow() : null));
        }

        return Refused(message);
    }

    /// <summary>The start of an answer that says what is wrong.</summary>
    private async Task<string> StartAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            var bytes = new byte[ErrorBytesMax];
            var count = await BoundedAsync(
                async token =>
                {
                    await using var stream = await answer.Content.ReadAsStreamAsync(token);
                    return await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, token);
                },
                cancellationToken);
            return count == 0 ? "" : $": {Encoding.UTF8.GetString(bytes, 0, count).ReplaceLineEndings(" ")}";
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or WebFailureException && !cancellationToken.IsCancellationRequested)
        {
            // The status alone has to do.
            return "";
        }
    }
}
