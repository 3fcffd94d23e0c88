using System.Globalization;
using Orleans.Storage;
using OrleansFlow.Simulation.Kernel;

namespace OrleansFlow.Simulation.Storage;

/// <summary>The store that all silos share. It outlives them: what it acknowledged it keeps, what was under way at a crash it keeps whole or not at all.</summary>
internal sealed class SimulatedStore(SimulationKernel kernel, ulong seed, History history)
{
    private static readonly TimeSpan TravelMin = TimeSpan.FromMicroseconds(30);
    private static readonly TimeSpan TravelMax = TimeSpan.FromMicroseconds(900);

    private readonly SeededRandom _random = new(seed, "storage");
    private readonly Dictionary<(string State, GrainId Grain), Row> _rows = [];
    private readonly List<Operation> _underWay = [];
    private long _lastEtag;

    /// <summary>How it behaves now.</summary>
    public StorageFaults Faults { get; set; } = StorageFaults.None;

    /// <summary>When it last did something wrong.</summary>
    public TimeSpan LastFault { get; private set; }

    /// <summary>Hears of each write when it takes effect: the value as it was given to the store; null for a removal.</summary>
    public Action<string, GrainId, object?> Applied { get; set; } = (_, _, _) => { };

    /// <summary>Whether a state is stored.</summary>
    public bool Contains(string state, GrainId grain) => _rows.ContainsKey((state, grain));

    /// <summary>Reads a row.</summary>
    public async Task<(byte[] Json, string Etag)?> ReadAsync(SimulatedProcess process, string state, GrainId grain)
    {
        (byte[], string)? found = null;
        await RunAsync(process, $"read {state} of {grain}", () =>
            found = _rows.TryGetValue((state, grain), out var row) ? (row.Json, row.Etag) : null);
        return found;
    }

    /// <summary>Writes a row if its etag is the given one.</summary>
    /// <returns>The new etag.</returns>
    public async Task<string> WriteAsync(SimulatedProcess process, string state, GrainId grain, byte[] json, object? value, string? etag)
    {
        var written = "";
        await RunAsync(process, $"write {state} of {grain}", () =>
        {
            Check(state, grain, etag);
            written = (++_lastEtag).ToString(CultureInfo.InvariantCulture);
            _rows[(state, grain)] = new Row(json, written);
            Applied(state, grain, value);
        });
        return written;
    }

    /// <summary>Removes a row if its etag is the given one.</summary>
    public Task ClearAsync(SimulatedProcess process, string state, GrainId grain, string? etag) =>
        RunAsync(process, $"clear {state} of {grain}", () =>
        {
            if (_rows.ContainsKey((state, grain)))
            {
                Check(state, grain, etag);
                _rows.Remove((state, grain));
                Applied(state, grain, null);
            }
        });

    /// <summary>A process crashed: each of its writes that is under way still takes effect, or is torn and rolled back.</summary>
    public void OnCrash(SimulatedProcess process)
    {
        foreach (var operation in _underWay)
        {
            if (ReferenceEquals(operation.Process, process) && !operation.IsTorn && _random.Chance(0.5))
            {
                operation.IsTorn = true;
                history.Add($"store rolls back a torn {operation.Name}");
            }
        }
    }

    private void Check(string state, GrainId grain, string? etag)
    {
        var stored = _rows.TryGetValue((state, grain), out var row) ? row.Etag : null;
        if (stored != etag)
        {
            throw new InconsistentStateException($"State '{state}' of grain '{grain}' was changed by another.", stored ?? "none", etag ?? "none");
        }
    }

    private Task RunAsync(SimulatedProcess process, string name, Action effect)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var operation = new Operation(process, name);
        _underWay.Add(operation);
        kernel.At(Travel(), () => Arrive(operation, effect, done));
        return AwaitAsync(done.Task);

        // Awaited here, so that whoever combines it with others does so on its own scheduler.
        static async Task AwaitAsync(Task task) => await task;
    }

    private void Arrive(Operation operation, Action effect, TaskCompletionSource done)
    {
        _underWay.Remove(operation);
        if (operation.IsTorn)
        {
            return;
        }

        Exception? failure = null;
        if (_random.Chance(Faults.ErrorBefore))
        {
            LastFault = kernel.Now;
            history.Add($"store fails before: {operation.Name}");
            failure = new IOException($"The simulated store failed before it could {operation.Name}.");
        }
        else
        {
            try
            {
                effect();
            }
            catch (InconsistentStateException exception)
            {
                history.Add($"store refuses: {operation.Name}, another has written");
                failure = exception;
            }

            if (failure is null && _random.Chance(Faults.ErrorAfter))
            {
                LastFault = kernel.Now;
                history.Add($"store fails after: {operation.Name}");
                failure = new IOException($"The simulated store failed after it had {operation.Name}.");
            }
        }

        kernel.At(Travel(), () =>
        {
            if (failure is null)
            {
                done.SetResult();
            }
            else
            {
                done.SetException(failure);
            }
        });
    }

    private TimeSpan Travel()
    {
        var time = _random.Between(TravelMin, TravelMax);
        if (_random.Chance(Faults.Slow))
        {
            LastFault = kernel.Now;
            time = _random.Between(time, Faults.SlowMax);
        }

        return time;
    }

    private sealed record Row(byte[] Json, string Etag);

    private sealed class Operation(SimulatedProcess process, string name)
    {
        public SimulatedProcess Process => process;

        public string Name => name;

        public bool IsTorn { get; set; }
    }
}
