using OrleansFlow.Protocol.Streaming.Operators.V1;

namespace OrleansFlow.Streaming.Functions.Typed;

/// <summary>Calls an async function, with a time for each attempt and a number of attempts.</summary>
internal sealed class AsyncCaller<TIn, TOut>(AsyncFunction<TIn, TOut> function, AsyncFunctionConfig config, TimeProvider clock, Action ended)
{
    /// <summary>Starts a call, which never throws: what comes of it is in it.</summary>
    public void Start(PendingCall<TIn, TOut> call, CancellationToken cancellationToken) => call.Call = RunAsync(call, cancellationToken);

    private async Task RunAsync(PendingCall<TIn, TOut> call, CancellationToken cancellationToken)
    {
        try
        {
            call.End(await TryAllAsync(call.Row, cancellationToken), null);
        }
        catch (Exception exception)
        {
            // The operator throws it on when it is the call's turn.
            call.End(default, exception);
        }

        ended();
    }

    private async Task<TOut?> TryAllAsync(TIn row, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryOnceAsync(row, cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                if (attempt >= config.AttemptsMax)
                {
                    return function.OnFailure(row, exception);
                }
            }

            if (config.RetryDelayMicros > 0)
            {
                await Task.Delay(TimeSpan.FromMicroseconds(config.RetryDelayMicros), clock, cancellationToken);
            }
        }
    }

    private async Task<TOut?> TryOnceAsync(TIn row, CancellationToken cancellationToken)
    {
        var time = TimeSpan.FromMicroseconds(config.TimeoutMicros);
        using var late = new CancellationTokenSource(time, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            // A function that does not listen to its token is given up all the same; what becomes of it is nobody's any more.
            return await function.InvokeAsync(row, both.Token).WaitAsync(both.Token);
        }
        catch (OperationCanceledException exception) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The call took longer than {time}.", exception);
        }
    }
}
