using System.Collections.Concurrent;

namespace OrleansFlow.Tests.Embedded.Grains;

public interface ICancelledGrain : IGrainWithStringKey
{
    Task<bool> WaitAsync(GrainCancellationToken token, string name);

    Task<bool> WaitThroughAnotherAsync(GrainCancellationToken token, string name);

    Task<bool> IsCancelledAsync(GrainCancellationToken token);

    Task<bool> CallbackRunsInTurnsAsync(GrainCancellationToken token, string name);

    Task ThrowFromCallbackAsync(GrainCancellationToken token);
}

public sealed class CancelledGrain : Grain, ICancelledGrain
{
    public static ConcurrentDictionary<string, TaskCompletionSource> Waiting { get; } = new();

    public async Task<bool> WaitAsync(GrainCancellationToken token, string name)
    {
        var wait = Task.Delay(Timeout.InfiniteTimeSpan, token.CancellationToken);
        Waiting[name].TrySetResult();
        try
        {
            await wait;
            return false;
        }
        catch (OperationCanceledException)
        {
            return ReferenceEquals(TaskScheduler.Current, GrainContext);
        }
    }

    public Task<bool> WaitThroughAnotherAsync(GrainCancellationToken token, string name) =>
        GrainFactory.GetGrain<ICancelledGrain>("behind " + name).WaitAsync(token, name);

    public Task<bool> IsCancelledAsync(GrainCancellationToken token) => Task.FromResult(token.CancellationToken.IsCancellationRequested);

    public async Task<bool> CallbackRunsInTurnsAsync(GrainCancellationToken token, string name)
    {
        var where = new TaskCompletionSource<bool>();
        token.CancellationToken.Register(() => where.TrySetResult(ReferenceEquals(TaskScheduler.Current, GrainContext)));
        Waiting[name].TrySetResult();
        return await where.Task;
    }

    public Task ThrowFromCallbackAsync(GrainCancellationToken token)
    {
        token.CancellationToken.Register(static () => throw new InvalidOperationException("from a callback"));
        return Task.CompletedTask;
    }
}
