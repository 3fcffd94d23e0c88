using System.Collections.Concurrent;

namespace OrleansFlow.Tests.Embedded.Grains;

/// <summary>What the grains of one test do when they are collected, and what they did. Found by the first part of their keys.</summary>
public sealed class CollectionWatch
{
    private static readonly ConcurrentDictionary<string, CollectionWatch> Watches = new();
    private int _begunCount;
    private int _underWayCount;
    private int _underWayMax;

    public string Name { get; } = Guid.NewGuid().ToString("N");

    /// <summary>What an end waits for.</summary>
    public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentBag<string> Ended { get; } = [];

    public int BegunCount => Volatile.Read(ref _begunCount);

    public int UnderWayMax => Volatile.Read(ref _underWayMax);

    public static CollectionWatch Start()
    {
        var watch = new CollectionWatch();
        Watches[watch.Name] = watch;
        return watch;
    }

    public static CollectionWatch Of(string key) => Watches[key.Split('/')[0]];

    public async Task EndAsync(string key)
    {
        Interlocked.Increment(ref _begunCount);
        var underWay = Interlocked.Increment(ref _underWayCount);
        for (var max = UnderWayMax; underWay > max; max = UnderWayMax)
        {
            Interlocked.CompareExchange(ref _underWayMax, underWay, max);
        }

        await Gate.Task;
        Interlocked.Decrement(ref _underWayCount);
        Ended.Add(key);
    }
}

public interface ICollectedGrain : IGrainWithStringKey
{
    Task<Guid> ActivationAsync();
}

public sealed class CollectedGrain : Grain, ICollectedGrain
{
    private readonly Guid _activation = Guid.NewGuid();

    public Task<Guid> ActivationAsync() => Task.FromResult(_activation);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        return CollectionWatch.Of(key).EndAsync(key);
    }
}
