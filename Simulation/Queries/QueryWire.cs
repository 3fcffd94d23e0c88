using OrleansFlow.Errors;
using OrleansFlow.Rpc;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Simulation.Queries;

/// <summary>Calls to simulated workers of queries: a lost message breaks the call, as a connection has no gaps, and a dead worker's calls break after a while.</summary>
internal sealed class QueryWire(SimulatedWorld world)
{
    private static readonly TimeSpan NoticeMin = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan NoticeMax = TimeSpan.FromSeconds(2);

    /// <summary>Calls a worker.</summary>
    /// <param name="from">Place of the caller.</param>
    /// <param name="to">The worker.</param>
    /// <param name="serve">What it does; runs there.</param>
    /// <param name="timeout">How long the caller waits; null for ever.</param>
    /// <param name="clock">The caller's clock.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="RpcException">The worker refuses, or cannot be reached.</exception>
    public async Task<T> CallAsync<T>(string from, SimulatedQueryWorker to, Func<Task<T>> serve, TimeSpan? timeout, TimeProvider clock, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // Whoever waits does so on a simulated scheduler, which runs nothing inline.
        var answer = new TaskCompletionSource<T>();
        var fail = () => { answer.TrySetException(Gone(to)); };
        using var open = to.Open(() => BreakLater(fail));
        if (to.HasEnded || !world.Network.Send(from, to.Name, mayStraggle: false, () => to.Serve(() => ServeAsync(from, to, serve, answer, fail))))
        {
            BreakLater(fail);
        }

        try
        {
            return await answer.Task.WaitAsync(timeout ?? Timeout.InfiniteTimeSpan, clock, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new RpcException(new RpcStatus(RpcStatusCode.DeadlineExceeded, $"{to.Name} did not answer within {timeout}."), null, exception);
        }
    }

    /// <summary>Lets somebody hear that a connection is gone.</summary>
    public void BreakLater(Action fail) => world.Kernel.At(world.Faults.Between(NoticeMin, NoticeMax), fail);

    /// <summary>What a caller of a worker hears when its connection is gone.</summary>
    public static RpcException Gone(SimulatedQueryWorker worker) => new(RpcStatusCode.Unavailable, $"The connection to {worker.Name} broke.");

    private async Task ServeAsync<T>(string from, SimulatedQueryWorker to, Func<Task<T>> serve, TaskCompletionSource<T> answer, Action fail)
    {
        Action deliver;
        try
        {
            var result = await serve();
            deliver = () => answer.TrySetResult(result);
        }
        catch (Exception exception) when (exception is FlowException or TaskFailedException or OperationCanceledException)
        {
            // In the product's own words, which are all that the caller gets.
            var failure = QueryErrors.TryMap(exception) ?? new RpcException(RpcStatusCode.Cancelled, "The call was cancelled.");
            deliver = () => answer.TrySetException(failure);
        }

        await to.WhenAwakeAsync();
        if (!world.Network.Send(to.Name, from, mayStraggle: false, deliver))
        {
            BreakLater(fail);
        }
    }
}
