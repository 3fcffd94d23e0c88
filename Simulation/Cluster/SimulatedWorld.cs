using Orleans.Storage;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Grains.Jobs;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Simulation.Invariants;
using OrleansFlow.Simulation.Jobs;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Simulation.Storage;
using OrleansFlow.Simulation.Workers;

namespace OrleansFlow.Simulation.Cluster;

/// <summary>Silos, workers, callers, a store and the network between them, on one logical thread.</summary>
internal sealed class SimulatedWorld
{
    private readonly SimulatedProcess _callers;
    private readonly Mutation? _mutation;

    /// <summary>Makes a world in which nothing runs yet.</summary>
    /// <param name="seed">Decides everything.</param>
    /// <param name="options">Its size.</param>
    /// <param name="keepsHistory">Whether somebody will read the history.</param>
    /// <param name="mutation">What tests break on purpose; null for nothing.</param>
    public SimulatedWorld(ulong seed, WorldOptions options, bool keepsHistory, Mutation? mutation)
    {
        Seed = seed;
        Options = options;
        _mutation = mutation;
        Kernel = new SimulationKernel(seed);
        History = new History(Kernel, keepsHistory);
        Faults = new SeededRandom(seed, "faults");
        SiloClocks = new SeededRandom(seed, "silo clocks");
        HasSkewedSilos = SiloClocks.Chance(0.5);
        Network = new SimulatedNetwork(Kernel, seed, History, Tally);
        _callers = new SimulatedProcess(Kernel, SimulatedCluster.CallerPlace);
        Store = new SimulatedStore(Kernel, seed, History, Tally);
        Watch = new SimulationWatch(this);
        Store.Applied = Watch.OnApplied;
        Rules = new WatchedRules(Watch, mutation?.Rules);
        Jobs = options.Jobs is { } rules ? new SimulatedJobs(this, rules) : null;
        Cluster = new SimulatedCluster(_callers, Network, History, options.ResponseTimeout);
    }

    public ulong Seed { get; }

    public WorldOptions Options { get; }

    public SimulationKernel Kernel { get; }

    public History History { get; }

    /// <summary>Counts what goes wrong.</summary>
    public FaultTally Tally { get; } = new();

    /// <summary>Draws whatever goes wrong, and how long work takes.</summary>
    public SeededRandom Faults { get; }

    /// <summary>Draws how wrong the silos' wall clocks are.</summary>
    public SeededRandom SiloClocks { get; }

    /// <summary>Whether the silos' wall clocks differ.</summary>
    public bool HasSkewedSilos { get; }

    public SimulatedNetwork Network { get; }

    public SimulatedStore Store { get; }

    public SimulatedCluster Cluster { get; }

    public SimulationWatch Watch { get; }

    public ILeaseRules Rules { get; }

    /// <summary>Its streaming jobs; null for none.</summary>
    public SimulatedJobs? Jobs { get; }

    public static SharedParts Shared => SharedParts.Instance;

    /// <summary>The silos, by place; those that have crashed included until they are replaced.</summary>
    public List<SimulatedSilo> Silos { get; } = [];

    /// <summary>The workers, by place; those that have crashed included until they are replaced.</summary>
    public List<SimulatedWorker> Workers { get; } = [];

    /// <summary>Streams that workers have open.</summary>
    public List<SimulatedLink> Links { get; } = [];

    /// <summary>Every artifact that was written and not swept, with its rows.</summary>
    public Dictionary<string, int> Artifacts { get; } = new(StringComparer.Ordinal);

    /// <summary>Runs of which files were lost.</summary>
    public HashSet<string> RunsWithLosses { get; } = new(StringComparer.Ordinal);

    /// <summary>Clock of the callers.</summary>
    public TimeProvider Clock => _callers.Clock;

    /// <summary>The storage of one silo, as it is or as a test breaks it.</summary>
    public IGrainStorage StorageFor(SimulatedProcess process)
    {
        var storage = Store.HasBatches ? new SimulatedBatchStorage(Store, process, Shared.Json) : new SimulatedGrainStorage(Store, process, Shared.Json);
        return _mutation?.Storage(storage, process) ?? storage;
    }

    /// <summary>The gateway's calls to workers of queries, as they are or as a test breaks them.</summary>
    public IQueryCalls CallsFor(IQueryCalls calls) => _mutation?.QueryCalls(calls) ?? calls;

    /// <summary>The checkpoints of streaming jobs, as they are or as a test breaks them.</summary>
    public IJobCheckpoints CheckpointsFor(IJobCheckpoints checkpoints) => _mutation?.JobCheckpoints(checkpoints) ?? checkpoints;

    /// <summary>The stages of a query as its grain hears of them, as they are or as a test breaks them.</summary>
    public IReadOnlyList<QueryStagePlan> StagesFor(IReadOnlyList<QueryStagePlan> stages) => _mutation?.QueryStages(stages) ?? stages;

    /// <summary>Makes all silos and workers and lets them start.</summary>
    public void Start()
    {
        for (var number = 1; number <= Options.SiloCount; number++)
        {
            Silos.Add(new SimulatedSilo(this, $"silo-{number}", life: 1, NextClockOffset()));
            _ = Silos[^1].StartAsync();
        }

        for (var number = 1; number <= Options.WorkerCount; number++)
        {
            Workers.Add(MakeWorker($"worker-{number}", life: 1));
            Workers[^1].Start();
        }
    }

    /// <summary>Starts a caller: something outside the cluster that calls grains.</summary>
    /// <remarks>Its failure is seen in the step in which it fails: seen on another thread it would be seen at another step each time.</remarks>
    public void StartCaller(Func<Task> caller) => _ = _callers.RunAsync(caller).ContinueWith(
        Kernel.Observe, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <summary>Replaces a silo that has gone.</summary>
    public void RestartSilo(int index)
    {
        // On the same machine, whose clock goes on as it was.
        Silos[index] = new SimulatedSilo(this, Silos[index].Name, Silos[index].Life + 1, Silos[index].Process.Clock.Offset);
        _ = Silos[index].StartAsync();
    }

    /// <summary>How far a silo's wall clock is off: by less than a second, by some lease lengths, or by up to an hour; right in half of the worlds.</summary>
    public TimeSpan NextClockOffset()
    {
        if (!HasSkewedSilos)
        {
            return TimeSpan.Zero;
        }

        var most = SiloClocks.Pick([TimeSpan.FromSeconds(1), Options.Leases.Duration * 5, Options.Leases.Duration * 5, TimeSpan.FromHours(1)]);
        return SiloClocks.Between(-most, most);
    }

    /// <summary>Replaces a worker that has gone.</summary>
    public void RestartWorker(int index)
    {
        Workers[index] = MakeWorker(Workers[index].Name, Workers[index].Life + 1);
        Workers[index].Start();
    }

    /// <summary>A worker ended by itself: whoever runs workers starts it again.</summary>
    public void Supervise(SimulatedWorker worker) => Kernel.At(Faults.Between(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(2)), () =>
    {
        var index = Workers.IndexOf(worker);
        if (index >= 0)
        {
            RestartWorker(index);
        }
    });

    /// <summary>Breaks streams.</summary>
    public void BreakLinks(Predicate<SimulatedLink> which)
    {
        foreach (var link in Links.FindAll(which))
        {
            link.Break();
        }
    }

    private SimulatedWorker MakeWorker(string name, int life)
    {
        // Drift of a cheap quartz times a hundred, so that it shows within seconds; the wall clock is simply wrong.
        var rate = 1 + ((Faults.NextDouble() - 0.5) * 0.02);
        var offset = Faults.Between(TimeSpan.FromMinutes(-10), TimeSpan.FromMinutes(10));
        Tally.Add(FaultKind.ClockSkew);
        return new SimulatedWorker(this, name, life, rate, offset);
    }
}
