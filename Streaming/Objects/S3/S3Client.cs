using System.Globalization;
using System.Net;
using System.Xml;
using System.Xml.Linq;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Objects.S3;

/// <summary>Signs requests, sends them, and sends them again while the service is busy or cannot be reached.</summary>
internal sealed class S3Client : IDisposable
{
    private const int ErrorBytesMax = 16 * 1024;

    private readonly S3ObjectStoreOptions _options;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http;
    private readonly string _origin;
    private readonly string _host;
    private readonly string _bucketPath;
    private readonly Lock _gate = new();
    private readonly Random _random;

    public S3Client(S3ObjectStoreOptions options, TimeProvider clock, HttpMessageHandler? handler)
    {
        _options = options;
        _clock = clock;
        _random = options.BackoffSeed is { } seed ? new Random(seed) : new Random();
        var endpoint = options.Endpoint ?? new Uri($"https://s3.{options.Region}.amazonaws.com");
        var isPathStyle = options.UsesPathStyle ?? options.Endpoint is not null;
        _host = isPathStyle ? endpoint.Authority : $"{options.Bucket}.{endpoint.Authority}";
        _origin = $"{endpoint.Scheme}://{_host}";
        _bucketPath = isPathStyle ? $"/{options.Bucket}" : "";

        // Redirects would be signed for another host; they come back as errors that say so.
        _http = new HttpClient(handler ?? new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5), AutomaticDecompression = DecompressionMethods.None })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Sends a request until it is answered by something that is neither "busy" nor a failure of the connection.</summary>
    /// <returns>An answer of status 200 to 299, or of a status that the request expects.</returns>
    /// <exception cref="FlowException">All tries failed, or the service refused.</exception>
    public async ValueTask<S3Response> SendAsync(S3Request request, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            string reason;
            Exception? cause = null;
            try
            {
                var response = await SendOnceAsync(request, cancellationToken);
                var status = (int)response.StatusCode;
                if (response.IsSuccessStatusCode || request.Expected.Contains(status))
                {
                    return new S3Response(response, attempt);
                }

                using (response)
                {
                    var (code, message) = await ReadErrorAsync(response, cancellationToken);
                    reason = $"{status} {code}: {message}";
                    if (!IsTransient(status, code))
                    {
                        throw Refused(request, status, reason);
                    }
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or TimeoutException)
            {
                (reason, cause) = (exception.Message, exception);
            }

            if (attempt >= _options.AttemptsMax)
            {
                throw new FlowException(
                    FlowErrorCode.StoreUnavailable, $"The store {_options} failed {attempt} times, last with {reason} ({request.Method} '{request.Key}'); whether the write took effect is not known.", cause);
            }

            await Task.Delay(Backoff(attempt), _clock, cancellationToken);
        }
    }

    /// <summary>Gives up what takes longer than a request may.</summary>
    /// <exception cref="TimeoutException">It took longer.</exception>
    public async Task<T> BoundedAsync<T>(Func<CancellationToken, Task<T>> action, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.RequestTimeout, _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await action(both.Token);
        }
        catch (OperationCanceledException exception) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"no answer within {_options.RequestTimeout.TotalSeconds} s"), exception);
        }
    }

    /// <summary>The wait behind a try: at least half of it, so that it is none by no chance.</summary>
    public TimeSpan Backoff(int attempt)
    {
        var full = Math.Min(_options.MaxBackoff.Ticks, _options.FirstBackoff.Ticks * Math.Pow(2, attempt - 1));
        lock (_gate)
        {
            return TimeSpan.FromTicks((long)(full / 2 + _random.NextDouble() * full / 2));
        }
    }

    /// <summary>Reads an answer in XML.</summary>
    public static async ValueTask<XElement> ReadXmlAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            return await XElement.LoadAsync(stream, LoadOptions.None, cancellationToken);
        }
        catch (XmlException exception)
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"The answer of the store is no XML: {exception.Message}", exception);
        }
    }

    /// <summary>The text of an element's child by its name, whatever its namespace.</summary>
    public static string? TextOf(XElement element, string name) => element.Elements().FirstOrDefault(child => child.Name.LocalName == name)?.Value;

    /// <summary>What a refusal means to the caller.</summary>
    public FlowException Refused(S3Request request, int status, string reason) => new(
        status switch
        {
            401 or 403 => FlowErrorCode.Unauthenticated,
            404 => FlowErrorCode.NotFound,
            507 => FlowErrorCode.StoreFull,
            _ => FlowErrorCode.StoreUnavailable,
        },
        $"The store {_options} refused {request.Method} '{request.Key}': {reason}");

    public void Dispose() => _http.Dispose();

    private static bool IsTransient(int status, string code) =>
        status is >= 500 and not 501 and not 505 and not 507 || status is 408 or 429 || code is "RequestTimeout" or "SlowDown" or "ConditionalRequestConflict" or "OperationAborted";

    private static async ValueTask<(string Code, string Message)> ReadErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength is not { } length || length is 0 or > ErrorBytesMax)
        {
            return ("", response.ReasonPhrase ?? "no reason given");
        }

        try
        {
            var error = await ReadXmlAsync(response, cancellationToken);
            return (TextOf(error, "Code") ?? "", TextOf(error, "Message") ?? "");
        }
        catch (FlowException)
        {
            // A proxy may answer with a page of its own; the status says enough.
            return ("", response.ReasonPhrase ?? "no reason given");
        }
    }

    private async ValueTask<HttpResponseMessage> SendOnceAsync(S3Request request, CancellationToken cancellationToken)
    {
        var path = request.Key.Length == 0 ? $"{_bucketPath}/" : $"{_bucketPath}/{AwsSignature.Encode(request.Key, keepsSlash: true)}";
        var query = AwsSignature.QueryOf(request.Query);

        // What is signed has to be sent byte by byte.
        var address = new Uri(_origin + path + (query.Length > 0 ? "?" + query : ""), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var message = new HttpRequestMessage(request.Method, address);
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["host"] = _host,
            ["x-amz-content-sha256"] = AwsSignature.HashOf(request.Content.Span),
            ["x-amz-date"] = AwsSignature.TimeOf(_clock.GetUtcNow()),
        };
        if (_options.SessionToken is { } token)
        {
            headers["x-amz-security-token"] = token;
        }

        foreach (var (name, value) in request.Headers)
        {
            headers[name] = value;
        }

        foreach (var (name, value) in headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        var signed = new AwsRequest(request.Method.Method, path, query, headers);
        message.Headers.TryAddWithoutValidation(
            "Authorization", AwsSignature.Authorize(new AwsCredentials(_options.AccessKeyId, _options.SecretAccessKey), _options.Region, "s3", signed));
        if (!request.Content.IsEmpty || request.Method == HttpMethod.Put || request.Method == HttpMethod.Post)
        {
            message.Content = new ReadOnlyMemoryContent(request.Content);
        }

        return await BoundedAsync(token => _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, token), cancellationToken);
    }
}
