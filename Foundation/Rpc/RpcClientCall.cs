using System.Net;

namespace OrleansFlow.Rpc;

/// <summary>
/// One call of a client from its first byte to its status. Owns the HTTP exchange; ending it early resets the HTTP/2
/// stream, which the server sees as a cancellation.
/// </summary>
internal sealed partial class RpcClientCall : IAsyncDisposable
{
    private readonly RpcChannel _channel;
    private readonly string _method;
    private readonly RpcCallOptions _options;
    private readonly HttpMessageInvoker _invoker;
    private readonly RpcClientInterception? _interception;
    private readonly CancellationTokenSource _stop;
    private readonly ITimer? _deadlineTimer;
    private readonly CancellationTokenRegistration _stopRegistration;
    private readonly Task<HttpResponseMessage> _responseTask;
    private readonly Action? _abortRequest;
    private readonly RpcGate _readGate = new();
    private volatile HttpResponseMessage? _response;
    private RpcBodyReader? _input;
    private RpcMetadata? _headers;
    private RpcStatus? _status;
    private volatile bool _deadlinePassed;
    private int _disposed;

    public RpcClientCall(RpcChannel channel, string method, RpcMethodKind kind, RpcCallOptions options, HttpContent content, Action? abortRequest, HttpMessageInvoker? invoker = null)
    {
        _invoker = invoker ?? channel.Invoker;
        _channel = channel;
        _method = method;
        _options = options;
        _abortRequest = abortRequest;
        options.CancellationToken.ThrowIfCancellationRequested();
        _stop = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken);
        _stopRegistration = _stop.Token.UnsafeRegister(static state => ((RpcClientCall)state!).Abort(), this);
        if (options.Deadline is { } deadline)
        {
            _deadlineTimer = channel.Options.TimeProvider.CreateTimer(
                static state => ((RpcClientCall)state!).OnDeadline(),
                this,
                deadline > TimeSpan.Zero ? deadline : TimeSpan.Zero,
                Timeout.InfiniteTimeSpan);
        }

        if (channel.Options.Interceptors.Count == 0)
        {
            _responseTask = SendAsync(content, metadata: null);
        }
        else
        {
            var context = new RpcClientContext(method, kind, channel.Address, options.Deadline, _stop.Token);
            _interception = new RpcClientInterception(channel.Options.Interceptors, context, () => SendAsync(content, context.Metadata));
            _responseTask = _interception.Response;
        }

        if (abortRequest is not null)
        {
            // Owned by the call: it ends with the response, and observes nothing but its failure.
            _ = AbortRequestOnFailureAsync(abortRequest);
        }
    }

    /// <summary>Whether the response that was read last came compressed.</summary>
    public bool ResponseCompressed { get; private set; }

    /// <summary>Trailing metadata; empty until the call has ended.</summary>
    public RpcMetadata Trailers { get; private set; } = [];

    public async Task<RpcMetadata> GetHeadersAsync(CancellationToken cancellationToken)
    {
        try
        {
            await OpenAsync(cancellationToken).ConfigureAwait(false);
            return _headers!;
        }
        catch (Exception exception) when (Translate(exception, cancellationToken) is { } translated)
        {
            throw translated;
        }
    }

    /// <summary>Next response; default at a good end. A bad end throws.</summary>
    public async ValueTask<RpcReadResult<T>> TryReadAsync<T>(RpcMarshaller<T> marshaller, CancellationToken cancellationToken)
    {
        CancellationTokenSource? both = null;
        _readGate.Enter("reads", _method);
        try
        {
            if (_status is null)
            {
                await OpenAsync(cancellationToken).ConfigureAwait(false);
            }

            if (_status is null)
            {
                both = cancellationToken.CanBeCanceled
                    ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token) : null;
                var read = await RpcFrame.TryReadAsync(
                    _input!,
                    marshaller,
                    _channel.Options.MaxReceiveMessageBytes,
                    RpcHttpMapping.First(_response!.Headers, "grpc-encoding"),
                    both?.Token ?? _stop.Token).ConfigureAwait(false);
                if (read.HasMessage)
                {
                    ResponseCompressed = read.Compressed;
                    return read;
                }

                Trailers = RpcHttpMapping.ReadMetadata(_response.TrailingHeaders);
                _status = RpcHttpMapping.TryReadStatus(_response.TrailingHeaders)
                    ?? new RpcStatus(RpcStatusCode.Internal, $"{_method}: the server ended the response without a grpc-status.");
            }

            _interception?.End(_status);
            return _status.IsOk ? default : throw new RpcException(_status, Trailers);
        }
        catch (RpcException exception)
        {
            _interception?.End(exception.Status);
            throw;
        }
        catch (Exception exception) when (Translate(exception, cancellationToken) is { } translated)
        {
            if (translated is RpcException failure)
            {
                _interception?.End(failure.Status);
            }

            throw translated;
        }
        finally
        {
            both?.Dispose();
            _readGate.Exit();
        }
    }

    public async Task<T> ReadSingleAsync<T>(RpcMarshaller<T> marshaller)
    {
        var first = await TryReadAsync(marshaller, CancellationToken.None).ConfigureAwait(false);
        if (!first.HasMessage)
        {
            throw new RpcException(RpcStatusCode.Internal, $"{_method}: the server answered OK without a response.");
        }

        var second = await TryReadAsync(marshaller, CancellationToken.None).ConfigureAwait(false);
        return second.HasMessage
            ? throw new RpcException(RpcStatusCode.Internal, $"{_method}: the server sent several responses to a call that has one.")
            : first.Message;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopRegistration.DisposeAsync().ConfigureAwait(false);
        if (_deadlineTimer is not null)
        {
            await _deadlineTimer.DisposeAsync().ConfigureAwait(false);
        }

        if (_status is null)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
        }

        if (_status is not null)
        {
            _abortRequest?.Invoke();
        }

        try
        {
            (await _responseTask.ConfigureAwait(false)).Dispose();
        }
        catch (Exception exception) when (_interception is not null || exception is HttpRequestException or OperationCanceledException or IOException)
        {
            // The call never got a response; whoever waited for one was told.
        }

        if (_interception is not null)
        {
            _interception.End(new RpcStatus(
                _deadlinePassed ? RpcStatusCode.DeadlineExceeded : RpcStatusCode.Cancelled, $"{_method} was given up by its caller."));
            await _interception.CloseAsync().ConfigureAwait(false);
        }

        await _readGate.CloseAsync().ConfigureAwait(false);
        _input?.Dispose();
        _stop.Dispose();
    }

    private async Task<HttpResponseMessage> SendAsync(HttpContent content, RpcMetadata? metadata)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_channel.Address, _method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        await _channel.AddHeadersAsync(request, _options, metadata, _stop.Token).ConfigureAwait(false);
        var response = await _invoker.SendAsync(request, _stop.Token).ConfigureAwait(false);
        _response = response;
        return response;
    }

    /// <summary>
    /// A call that gets no response never opens its request body, so whoever waits to write must be told. After the task has failed, not
    /// before: the writer then finds the reason in it.
    /// </summary>
    private async Task AbortRequestOnFailureAsync(Action abortRequest)
    {
        await ((Task)_responseTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_responseTask.IsCompletedSuccessfully)
        {
            abortRequest();
        }
    }

    private async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        if (_headers is not null)
        {
            return;
        }

        var response = await _responseTask.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (TryReadEarlyStatus(response) is { } early)
        {
            Trailers = RpcHttpMapping.ReadMetadata(response.Headers);
            _status = early;
        }
        else
        {
            _input ??= new RpcBodyReader(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
        }

        _headers = RpcHttpMapping.ReadMetadata(response.Headers);
    }

    /// <summary>How a call ended whose response has no body to read; null when it has one.</summary>
    private RpcStatus? TryReadEarlyStatus(HttpResponseMessage response)
    {
        var status = RpcHttpMapping.TryReadStatus(response.Headers);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return status is { IsOk: false } ? status : RpcHttpMapping.FromHttpStatus(response.StatusCode, _method);
        }

        return status is null && response.Content.Headers.ContentType?.MediaType?.StartsWith("application/grpc", StringComparison.Ordinal) != true
            ? new RpcStatus(
                RpcStatusCode.Unknown,
                $"{_method}: the server answered with content type '{response.Content.Headers.ContentType}' instead of application/grpc.")
            : status;
    }

    private void OnDeadline()
    {
        _deadlinePassed = true;
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call ended in this very moment.
        }
    }

    private void Abort()
    {
        // A request that is still being sent ends by its token instead.
        _response?.Dispose();
        _interception?.Stop(_stop.Token);
    }
}
