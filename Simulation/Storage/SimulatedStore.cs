using System.Globalization;
using Orleans.Storage;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Storage;

namespace OrleansFlow.Simulation.Storage;

/// <summary>The store that all silos share. It outlives them: what it acknowledged it keeps, what was under way at a crash it keeps whole or not at all.</summary>
internal sealed class SimulatedStore(SimulationKernel kernel, ulong seed, History history, FaultTally tally)
{
    private static readonly TimeSpan TravelMin = TimeSpan.FromMicroseconds(30);
    private static readonly TimeSpan TravelMax = TimeSpan.FromMicroseconds(900);

    private readonly SeededRandom _random = new(seed, "storage");
    private readonly Dictionary<(string State, GrainId Grain), Row> _rows = [];
    private readonly List<Operation> _underWay = [];
    private long _lastEtag;

    /// <summary>Whether it writes several rows in one transaction, as the product's stores do; the other worlds have a plain grain storage.</summary>
    public bool HasBatches { get; } = new SeededRandom(seed, "storage kind").Chance(0.5);

    /// <summary>How it behaves now.</summary>
    public StorageFaults Faults { get; set; } = StorageFaults.None;

    /// <summary>When it last did something wrong.</summary>
    public TimeSpan LastFault { get; private set; }

    /// <summary>
    /// Is told, once, of the next write that begins, by whom and how long it takes to arrive: whoever wants to strike while it is under way.
    /// </summary>
    public Action<SimulatedProcess, TimeSpan>? Aim { get; set; }

    /// <summary>Hears of each write when it takes effect: the value as it was given to the store; null for a removal.</summary>
    public Action<string, GrainId, object?> Applied { get; set; } = (_, _, _) => { };

    /// <summary>Whether a state is stored.</summary>
    public bool Contains(string state, GrainId grain) => _rows.ContainsKey((state, grain));

    /// <summary>Reads a row.</summary>
    public async Task<(byte[] Json, string Etag)?> ReadAsync(SimulatedProcess process, string state, GrainId grain)
    {
        (byte[], string)? found = null;
        await RunAsync(new Operation(process, "read", state, grain), () =>
            found = _rows.TryGetValue((state, grain), out var row) ? (row.Json, row.Etag) : null);
        return found;
    }

    /// <summary>Reads the rows of a grain whose names lie in a range, the first ones in the order of their names.</summary>
    public async Task<IReadOnlyList<(string State, byte[] Json, string Etag)>> ReadRangeAsync(
        SimulatedProcess process, GrainId grain, string from, string before, int limit)
    {
        List<(string, byte[], string)> found = [];
        await RunAsync(new Operation(process, "read", from, grain), () => found =
        [
            .. _rows
                .Where(row => row.Key.Grain == grain && string.CompareOrdinal(row.Key.State, from) >= 0 && string.CompareOrdinal(row.Key.State, before) < 0)
                .OrderBy(row => row.Key.State, StringComparer.Ordinal)
                .Take(limit)
                .Select(row => (row.Key.State, row.Value.Json, row.Value.Etag)),
        ]);
        return found;
    }

    /// <summary>Writes a row if its etag is the given one.</summary>
    /// <returns>The new etag.</returns>
    public async Task<string> WriteAsync(SimulatedProcess process, string state, GrainId grain, byte[] json, object? value, string? etag)
    {
        var written = "";
        await RunAsync(new Operation(process, "write", state, grain), () =>
        {
            Check(state, grain, etag);
            written = Put(state, grain, json, value);
        });
        return written;
    }

    /// <summary>Writes and removes several rows of one grain, all or none.</summary>
    /// <param name="process">Who writes.</param>
    /// <param name="grain">Whose rows.</param>
    /// <param name="changes">The rows, each with its text; null to remove it.</param>
    public Task WriteAllAsync(SimulatedProcess process, GrainId grain, IReadOnlyList<(GrainStateChange Change, byte[]? Json)> changes) =>
        RunAsync(new Operation(process, "write", changes[^1].Change.Name, grain), () =>
        {
            foreach (var (change, _) in changes)
            {
                Check(change.Name, grain, change.ETag);
            }

            foreach (var (change, json) in changes)
            {
                if (json is not null)
                {
                    change.NextETag = Put(change.Name, grain, json, change.State);
                }
                else if (_rows.Remove((change.Name, grain)))
                {
                    Applied(change.Name, grain, null);
                }
            }
        });

    /// <summary>Removes a row if its etag is the given one.</summary>
    public Task ClearAsync(SimulatedProcess process, string state, GrainId grain, string? etag) =>
        RunAsync(new Operation(process, "clear", state, grain), () =>
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
            if (!ReferenceEquals(operation.Process, process) || !operation.IsWrite || operation.IsTorn || operation.HasFailed)
            {
                continue;
            }

            if (operation.HasTakenEffect)
            {
                tally.Add(FaultKind.LostAcknowledgement);
                history.Add($"store has done, and nobody hears: {operation}");
            }
            else if (_random.Chance(0.5))
            {
                operation.IsTorn = true;
                tally.Add(FaultKind.TornWrite);
                history.Add($"store rolls back a torn {operation}");
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

    private string Put(string state, GrainId grain, byte[] json, object? value)
    {
        var etag = (++_lastEtag).ToString(CultureInfo.InvariantCulture);
        _rows[(state, grain)] = new Row(json, etag);
        Applied(state, grain, value);
        return etag;
    }

    private Task RunAsync(Operation operation, Action effect)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _underWay.Add(operation);
        var travel = Travel();
        kernel.At(travel, () => Arrive(operation, effect, done));
        if (operation.IsWrite && Aim is { } aim)
        {
            Aim = null;
            aim(operation.Process, travel);
        }

        return AwaitAsync(done.Task);

        // Awaited here, so that whoever combines it with others does so on its own scheduler.
        static async Task AwaitAsync(Task task) => await task;
    }

    private void Arrive(Operation operation, Action effect, TaskCompletionSource done)
    {
        if (operation.IsTorn)
        {
            _underWay.Remove(operation);
            return;
        }

        Exception? failure = null;
        if (_random.Chance(Faults.ErrorBefore))
        {
            LastFault = kernel.Now;
            tally.Add(FaultKind.StoreErrorBefore);
            history.Add($"store fails before: {operation}");
            failure = new IOException($"The simulated store failed before it could {operation}.");
        }
        else
        {
            try
            {
                effect();
                operation.HasTakenEffect = true;
            }
            catch (InconsistentStateException exception)
            {
                history.Add($"store refuses: {operation}, another has written");
                failure = exception;
            }

            if (failure is null && _random.Chance(Faults.ErrorAfter))
            {
                LastFault = kernel.Now;
                if (operation.IsWrite)
                {
                    tally.Add(FaultKind.StoreErrorAfter);
                }

                history.Add($"store fails after: {operation}");
                failure = new IOException($"The simulated store failed after it had done this: {operation}.");
            }
        }

        operation.HasFailed = failure is not null;
        kernel.At(Travel(), () =>
        {
            _underWay.Remove(operation);
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
            tally.Add(FaultKind.SlowStore);
            LastFault = kernel.Now;
            time = _random.Between(time, Faults.SlowMax);
        }

        return time;
    }

    private sealed record Row(byte[] Json, string Etag);

    private sealed class Operation(SimulatedProcess process, string verb, string state, GrainId grain)
    {
        public SimulatedProcess Process => process;

        public bool IsWrite { get; } = verb != "read";

        public bool IsTorn { get; set; }

        public bool HasTakenEffect { get; set; }

        public bool HasFailed { get; set; }

        public override string ToString() => $"{verb} {state} of {grain}";
    }
}
