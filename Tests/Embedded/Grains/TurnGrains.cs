using System.Collections.Concurrent;
using Orleans.Concurrency;
using Orleans.Serialization.Invocation;

namespace OrleansFlow.Tests.Embedded.Grains;

/// <summary>Gates by name, by which a test holds a grain inside a call.</summary>
public static class Gates
{
    private static readonly ConcurrentDictionary<string, TaskCompletionSource> All = new();
    private static readonly ConcurrentDictionary<string, int> Entered = new();

    public static Task WaitAsync(string name)
    {
        Entered.AddOrUpdate(name, 1, static (_, count) => count + 1);
        return Of(name).Task;
    }

    public static void Open(string name) => Of(name).TrySetResult();

    public static int EnteredCount(string name) => Entered.GetValueOrDefault(name);

    private static TaskCompletionSource Of(string name) =>
        All.GetOrAdd(name, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}

public interface ITurnGrain : IGrainWithStringKey
{
    Task<string> SchedulersAsync();

    Task<int> InterleavingsAsync(int awaits);

    Task HoldAsync(string gate);

    Task<string> QuickAsync();

    [AlwaysInterleave]
    Task<string> InterleaveAsync();

    [ReadOnly]
    Task HoldReadOnlyAsync(string gate);

    [ReadOnly]
    Task<string> QuickReadOnlyAsync();

    Task<string> CallBackAsync(bool allow);

    Task<string> CallBackSuppressedAsync();

    Task<string> CallBackFromOtherAsync(ITurnGrain caller);

    [ResponseTimeout("00:00:02")]
    Task HoldBrieflyAsync(string gate);

    Task<bool> HoldUntilCancelledAsync(string gate, CancellationToken cancellationToken);

    Task<int> CancelledCountAsync();
}

public abstract class TurnGrainBase : Grain, ITurnGrain
{
    private int _inside;
    private int _cancelled;

    public async Task<string> SchedulersAsync()
    {
        var own = TaskScheduler.Current;
        var same = new List<bool>();
        await Task.Yield();
        same.Add(TaskScheduler.Current == own);
        await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        same.Add(TaskScheduler.Current == own);
        await Task.WhenAll(Task.Run(() => { }), Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System));
        same.Add(TaskScheduler.Current == own);
        await Task.Run(() => same.Add(TaskScheduler.Current == TaskScheduler.Default));
        same.Add(TaskScheduler.Current == own);
        await Task.Factory.StartNew(() => same.Add(TaskScheduler.Current == own), CancellationToken.None, TaskCreationOptions.None, own);
        same.Add(TaskScheduler.Current == own && own != TaskScheduler.Default);
        return string.Join(',', same);
    }

    public async Task<int> InterleavingsAsync(int awaits)
    {
        var seen = 0;
        for (var step = 0; step < awaits; step++)
        {
            if (Interlocked.Increment(ref _inside) > 1)
            {
                seen++;
            }

            Thread.SpinWait(20);
            Interlocked.Decrement(ref _inside);
            await Task.Yield();
        }

        return seen;
    }

    public Task HoldAsync(string gate) => Gates.WaitAsync(gate);

    public Task<string> QuickAsync() => Task.FromResult("quick");

    public Task<string> InterleaveAsync() => Task.FromResult("interleaved");

    public Task HoldReadOnlyAsync(string gate) => Gates.WaitAsync(gate);

    public Task<string> QuickReadOnlyAsync() => Task.FromResult("read");

    public async Task<string> CallBackAsync(bool allow)
    {
        var other = GrainFactory.GetGrain<ITurnGrain>(this.GetPrimaryKeyString() + "-other", GetType().FullName);
        if (!allow)
        {
            return await other.CallBackFromOtherAsync(this.AsReference<ITurnGrain>());
        }

        using var section = RequestContext.AllowCallChainReentrancy();
        return await other.CallBackFromOtherAsync(this.AsReference<ITurnGrain>());
    }

    public async Task<string> CallBackSuppressedAsync()
    {
        var other = GrainFactory.GetGrain<ITurnGrain>(this.GetPrimaryKeyString() + "-other", GetType().FullName);
        using var allowed = RequestContext.AllowCallChainReentrancy();
        using var suppressed = RequestContext.SuppressCallChainReentrancy();
        return await other.CallBackFromOtherAsync(this.AsReference<ITurnGrain>());
    }

    public Task<string> CallBackFromOtherAsync(ITurnGrain caller)
    {
        var answer = caller.QuickAsync();
        Notes.Add(caller.GetPrimaryKeyString(), "called back");
        return answer;
    }

    public Task HoldBrieflyAsync(string gate) => Gates.WaitAsync(gate);

    public async Task<bool> HoldUntilCancelledAsync(string gate, CancellationToken cancellationToken)
    {
        var own = TaskScheduler.Current;
        _ = cancellationToken.Register(() => _cancelled += TaskScheduler.Current == own ? 1 : 1000);
        await Gates.WaitAsync(gate).WaitAsync(cancellationToken);
        return cancellationToken.IsCancellationRequested;
    }

    public Task<int> CancelledCountAsync() => Task.FromResult(_cancelled);
}

public sealed class TurnGrain : TurnGrainBase;

[Reentrant]
public sealed class ReentrantTurnGrain : TurnGrainBase;

[MayInterleave(nameof(MayInterleave))]
public sealed class ChoosyTurnGrain : TurnGrainBase
{
    public static bool MayInterleave(IInvokable request) => request.GetMethodName() == nameof(ITurnGrain.QuickAsync);
}
