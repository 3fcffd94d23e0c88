namespace OrleansFlow.Rpc;

/// <content>What a failure of the exchange means to whoever made the call.</content>
internal sealed partial class RpcClientCall
{
    /// <summary>
    /// What a failed write means: when the server has ended the call its status says more than the broken stream.
    /// </summary>
    public async Task<Exception> ExplainWriteFailureAsync(Exception exception, CancellationToken cancellationToken)
    {
        // Neither has written anything, so the call can go on.
        if (exception is InvalidOperationException and not ObjectDisposedException or RpcException { Code: RpcStatusCode.ResourceExhausted })
        {
            return exception;
        }

        if (exception is not (IOException or HttpRequestException or OperationCanceledException or ObjectDisposedException))
        {
            // The message could not be made; a frame may be half-way out, so the call cannot go on.
            _abortRequest?.Invoke();
            return exception;
        }

        if (!cancellationToken.IsCancellationRequested && !_stop.IsCancellationRequested)
        {
            try
            {
                // A body that broke has a response that came or failed, but perhaps is not told yet: of a call that the server has ended
                // the HTTP client cancels the body first and hands the response over after that. The body of the response is the reader's.
                var response = await _responseTask.WaitAsync(cancellationToken).ConfigureAwait(false);
                if (_status is null && TryReadEarlyStatus(response) is { } early)
                {
                    Trailers = RpcHttpMapping.ReadMetadata(response.Headers);
                    _status = early;
                }

                if (_status is { IsOk: false })
                {
                    return new RpcException(_status, Trailers);
                }

                return new RpcException(
                    new RpcStatus(RpcStatusCode.Cancelled, $"{_method}: the server ended the call; read the responses for its status."),
                    innerException: exception);
            }
            catch (Exception cause)
            {
                return Translate(cause, cancellationToken) ?? cause;
            }
        }

        return Translate(exception, cancellationToken) ?? exception;
    }

    /// <summary>Cancellation is told apart by whose token fired, not by the kind of exception.</summary>
    private Exception? Translate(Exception exception, CancellationToken cancellationToken)
    {
        if (exception is RpcException)
        {
            return null;
        }

        if (_options.CancellationToken.IsCancellationRequested)
        {
            return new OperationCanceledException($"{_method} was cancelled.", exception, _options.CancellationToken);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return new OperationCanceledException($"{_method} was cancelled.", exception, cancellationToken);
        }

        if (_deadlinePassed)
        {
            return new RpcException(
                new RpcStatus(RpcStatusCode.DeadlineExceeded, $"{_method} did not end within its deadline of {_options.Deadline}."),
                innerException: exception);
        }

        return _disposed != 0
            ? new RpcException(new RpcStatus(RpcStatusCode.Cancelled, $"{_method}: the call was disposed."), innerException: exception)
            : RpcHttpMapping.FromTransport(exception, _method);
    }
}
