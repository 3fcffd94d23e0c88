using System.Globalization;
using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Jobs;
using OrleansFlow.Simulation.Kernel;

namespace OrleansFlow.Simulation.Scenarios;

/// <summary>
/// Streaming jobs that checkpoint into a store which fails, over workers that die, hang and leave: the product's grain, coordinator, fencing, files of state,
/// compaction and cleaning, with sources and sinks that have no engine.
/// </summary>
internal sealed class JobsScenario : SimulationScenario
{
    public override string Name => "jobs";

    public override string Summary => "streaming jobs with checkpoints, commits, rescales and restarts, whose rows are all committed once, over workers that die, hang and leave";

    public override TimeSpan FaultTime => TimeSpan.FromSeconds(20);

    /// <summary>The last fault may be followed by each bound of the protocol, and the rest of the rows.</summary>
    public override TimeSpan QuietTime => TimeSpan.FromMinutes(5);

    public override WorldOptions Options(SeededRandom random) => base.Options(random) with
    {
        WorkerCount = 1,
        Jobs = new JobRules
        {
            CompileTimeout = TimeSpan.FromSeconds(5),
            RestoreTimeout = TimeSpan.FromSeconds(5),
            TaskStartTimeout = TimeSpan.FromSeconds(6),
            HeartbeatTimeout = TimeSpan.FromSeconds(4),
            HealthyAfter = TimeSpan.FromSeconds(4),
            RestartsMax = -1,
            BackoffFirst = TimeSpan.FromMilliseconds(200),
            BackoffMax = TimeSpan.FromSeconds(2),
            CheckpointTimeout = TimeSpan.FromSeconds(random.Between(1, 5)),
            PublishTimeout = TimeSpan.FromSeconds(3),
            CommitTimeout = TimeSpan.FromSeconds(3),
            CheckpointsKept = random.Between(1, 3),
            RetentionStep = random.Between(1, 2),
            IsCompacting = random.Chance(0.7),
            CompactAfterEpochs = 4,
            StopTimeout = TimeSpan.FromSeconds(3),
            HaltTimeout = TimeSpan.FromSeconds(1),
            TearDownTimeout = TimeSpan.FromSeconds(2),
            DrainGrace = TimeSpan.FromSeconds(4),
        },
    };

    public override OpenWork Begin(SimulatedWorld world, SeededRandom random)
    {
        var callers = new Dictionary<string, JobCaller>(StringComparer.Ordinal);
        var open = new OpenWork(id => callers[id].Seen);
        world.Jobs!.Begin(random.Between(2, 4), FaultTime);
        for (var number = random.Between(1, 2); number > 0; number--)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"job-{number}");
            var caller = callers[id] = new JobCaller(world, world.Jobs, id, FaultTime);
            open.Add(id);
            world.StartCaller(async () =>
            {
                await caller.RunAsync();
                open.Remove(id);
            });
        }

        return open;
    }
}
