using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Grains.Jobs;
using OrleansFlow.Grains.Workflows;
using OrleansFlow.Jobs;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Silo.Gateway.Jobs;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Simulation.Scenarios;

namespace OrleansFlow.Simulation.Jobs;

/// <summary>The streaming jobs of a world: the store of their checkpoints, the workers that run them, and what goes wrong with these.</summary>
internal sealed class SimulatedJobs
{
    private static readonly TimeSpan DownMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan DownMax = TimeSpan.FromSeconds(3);

    private readonly SimulatedWorld _world;
    private readonly JobRules _rules;
    private readonly List<SimulatedJobWorker> _workers = [];
    private readonly Dictionary<string, long> _rows = new(StringComparer.Ordinal);
    private readonly double _kills;
    private readonly double _hangs;
    private readonly double _drains;
    private readonly double _failing;
    private long _lastName;
    private bool _isCalm;

    /// <summary>Makes the store; nothing runs before <see cref="Begin"/>.</summary>
    public SimulatedJobs(SimulatedWorld world, JobRules rules)
    {
        (_world, _rules) = (world, rules);
        Random = new SeededRandom(world.Seed, "jobs");
        Objects = new SimulatedObjects(world);
        Watch = new JobWatch(world, Objects);
        Objects.Changed = Watch.OnObject;
        (_kills, _hangs, _drains) = (Level(0.7, 1), Level(0.5, 1), Level(0.4, 1));
        _failing = Level(0.4, 0.004);
    }

    /// <summary>Draws what jobs do.</summary>
    public SeededRandom Random { get; }

    public SimulatedObjects Objects { get; }

    public JobWatch Watch { get; }

    /// <summary>The workers by place; those that died are there until they are replaced.</summary>
    public IReadOnlyList<SimulatedJobWorker> Workers => _workers;

    /// <summary>Makes the workers, and lets things go wrong with them for a while.</summary>
    public void Begin(int workerCount, TimeSpan faultTime)
    {
        for (var number = 1; number <= workerCount; number++)
        {
            _workers.Add(Make($"job-worker-{number}"));
        }

        _world.History.Add($"workers of jobs: {workerCount}, kills {_kills:0.00}, hangs {_hangs:0.00}, drains {_drains:0.00}, failing {_failing:0.0000}");
        NextFault();
        _world.Kernel.At(faultTime, () => _isCalm = true);
    }

    /// <summary>Adds what a silo's grains have of streaming jobs.</summary>
    public void AddTo(IServiceCollection services, SimulatedProcess silo)
    {
        services.AddSingleton(_rules);
        services.AddSingleton<IJobWorkers>(new SimulatedJobCalls(_world, this, silo));
        services.AddSingleton<IJobPrograms, NoFunctions>();
        services.AddSingleton(provider => new JobStores(silo.Clock, _ => Objects.OpenFor(silo)));
        services.AddSingleton<CompactedFiles>();
        services.AddSingleton<JobCheckpoints>();
        services.AddSingleton(provider => _world.CheckpointsFor(provider.GetRequiredService<JobCheckpoints>()));
        services.AddSingleton(new WorkflowChance(Random.NextDouble));
    }

    /// <summary>Rows of each partition of a job.</summary>
    public long RowsOf(string job) => _rows[job];

    /// <summary>A job is about to be submitted.</summary>
    public void SetRows(string job, long rows) => _rows[job] = rows;

    /// <summary>A name that nobody had before.</summary>
    public long NextName() => ++_lastName;

    /// <summary>Whether a subtask fails now.</summary>
    public bool Fails() => !_isCalm && Random.Chance(_failing);

    private double Level(double probability, double most) => Random.Chance(probability) ? most * Random.NextDouble() : 0;

    private SimulatedJobWorker Make(string name) => new(_world, this, name, Random.Between(2, 4));

    private void NextFault() => _world.Kernel.At(Random.Between(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(2)), () =>
    {
        if (_isCalm)
        {
            return;
        }

        var worker = Random.Pick(_workers);
        if (!worker.HasEnded)
        {
            if (Random.Chance(_kills))
            {
                Kill(worker);
            }
            else if (Random.Chance(_hangs))
            {
                worker.Hang(Random.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(8)));
            }
            else if (Random.Chance(_drains) && !worker.IsDraining)
            {
                Drain(worker);
            }
        }

        NextFault();
    });

    private void Kill(SimulatedJobWorker worker)
    {
        _world.Tally.Add(FaultKind.WorkerCrash);
        var held = worker.Held;
        worker.Kill();
        _world.Kernel.At(Random.Between(DownMin, DownMax), () => _workers[_workers.IndexOf(worker)] = Make(worker.Name));

        // A broken stream is noticed at once, one that fell silent by its missing signs of life.
        if (Random.Chance(0.5))
        {
            Tell(held, worker.Name, isDraining: false);
        }
    }

    private void Drain(SimulatedJobWorker worker)
    {
        _world.History.Add($"{worker.Name} announces that it ends");
        worker.IsDraining = true;
        Tell(worker.Held, worker.Name, isDraining: true);
        _world.Kernel.At(Random.Between(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5)), () =>
        {
            if (!worker.HasEnded)
            {
                Kill(worker);
            }
        });
    }

    private void Tell(IReadOnlyList<JobContext> held, string worker, bool isDraining)
    {
        foreach (var job in held.Select(context => context.JobId))
        {
            _world.StartCaller(async () => await SimulationScenario.UntilAnsweredAsync(_world, async () =>
            {
                await _world.Cluster.Client.GetGrain<IStreamJobGrain>(job).LoseWorkerAsync(worker, isDraining, "its stream is gone", CancellationToken.None);
                return true;
            }));
        }
    }

    /// <summary>Programs without functions of users.</summary>
    private sealed class NoFunctions : IJobPrograms
    {
        public Task<JobFailure?> PrepareAsync(string jobId, OrleansFlow.Protocol.Streaming.V1.Program program, CancellationToken cancellationToken) => Task.FromResult<JobFailure?>(null);
    }
}
