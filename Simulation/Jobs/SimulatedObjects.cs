using OrleansFlow.Errors;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Streaming.Objects;

namespace OrleansFlow.Simulation.Jobs;

/// <summary>
/// The object store that silos and workers share. It outlives them all. What a process sent takes effect even if the process dies meanwhile, or is told that it
/// failed: a store that is far away promises no more.
/// </summary>
/// <param name="world">The world; its storage faults are those of this store too.</param>
internal sealed class SimulatedObjects(SimulatedWorld world)
{
    public const string Url = "memory:///jobs";

    private static readonly TimeSpan TravelMin = TimeSpan.FromMicroseconds(100);
    private static readonly TimeSpan TravelMax = TimeSpan.FromMilliseconds(20);

    private readonly SeededRandom _random = new(world.Seed, "objects");
    private readonly SortedDictionary<string, byte[]> _objects = new(StringComparer.Ordinal);

    /// <summary>Hears of each object that is there from now on, with its bytes, or is gone: null.</summary>
    public Action<string, byte[]?> Changed { get; set; } = (_, _) => { };

    /// <summary>The store as a process has it.</summary>
    public IObjectStore OpenFor(SimulatedProcess process) => new SimulatedObjectStore(this, process);

    /// <summary>Looks at an object without asking the store.</summary>
    public byte[]? Peek(string name) => _objects.GetValueOrDefault(name);

    public void Put(string name, byte[] content)
    {
        _objects[name] = content;
        Changed(name, content);
    }

    public bool TryCreate(string name, byte[] content)
    {
        if (_objects.ContainsKey(name))
        {
            return false;
        }

        Put(name, content);
        return true;
    }

    public void Delete(string name)
    {
        if (_objects.Remove(name))
        {
            Changed(name, null);
        }
    }

    public List<ObjectEntry> List(string prefix) =>
        [.. _objects.Where(one => one.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(one => new ObjectEntry(one.Key, one.Value.Length))];

    /// <summary>An operation on its way there and back.</summary>
    /// <param name="what">For the history.</param>
    /// <param name="effect">What it does when it arrives.</param>
    /// <param name="cancellationToken">Stops waiting; the operation goes on.</param>
    public async Task<T> RunAsync<T>(string what, Func<T> effect, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // Whoever waits does so on a simulated scheduler, which runs nothing inline.
        var done = new TaskCompletionSource<T>();
        world.Kernel.At(Travel(), () => Arrive(what, effect, done));
        return await done.Task.WaitAsync(cancellationToken);
    }

    private void Arrive<T>(string what, Func<T> effect, TaskCompletionSource<T> done)
    {
        var faults = world.Store.Faults;
        if (_random.Chance(faults.ErrorBefore))
        {
            world.Tally.Add(FaultKind.StoreErrorBefore);
            FailLater(done, $"objects fail before: {what}");
            return;
        }

        var result = effect();
        if (_random.Chance(faults.ErrorAfter))
        {
            world.Tally.Add(FaultKind.StoreErrorAfter);
            FailLater(done, $"objects fail after: {what}");
            return;
        }

        world.Kernel.At(Travel(), () => done.TrySetResult(result));
    }

    private void FailLater<T>(TaskCompletionSource<T> done, string what)
    {
        world.History.Add($"{what}");
        world.Kernel.At(Travel(), () => done.TrySetException(new FlowException(FlowErrorCode.StoreUnavailable, $"The simulated {what}.")));
    }

    private TimeSpan Travel()
    {
        var time = _random.Between(TravelMin, TravelMax);
        var faults = world.Store.Faults;
        if (_random.Chance(faults.Slow))
        {
            world.Tally.Add(FaultKind.SlowStore);
            time = _random.Between(time, faults.SlowMax);
        }

        return time;
    }
}
