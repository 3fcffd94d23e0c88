using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Queries;
using OrleansFlow.Simulation.Workflows;
using OrleansFlow.Tasks;

namespace OrleansFlow.Simulation.Cluster;

/// <summary>How large a simulated world is, and its time limits: shorter than the product's defaults, so that a short run sees many of them pass.</summary>
internal sealed record WorldOptions
{
    /// <summary>Silos. At least 1.</summary>
    public int SiloCount { get; init; } = 2;

    /// <summary>Workers. At least 1.</summary>
    public int WorkerCount { get; init; } = 3;

    /// <summary>Tasks that one worker runs at once.</summary>
    public int SlotsPerWorker { get; init; } = 2;

    /// <summary>Limits on the tasks in hand; null for a world without any, in which workers serve one role.</summary>
    public LimitOptions? Limits { get; init; }

    /// <summary>Bounds of distributed queries.</summary>
    public DistributedQueryOptions Queries { get; init; } = new();

    /// <summary>Bounds of streaming jobs; null for a world without any.</summary>
    public JobRules? Jobs { get; init; }

    /// <summary>Workflows that every worker serves.</summary>
    public IReadOnlyList<RandomWorkflow> Workflows { get; init; } = [];

    /// <summary>How long callers wait for a grain's answer.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>The lease protocol's times.</summary>
    public LeaseOptions Leases { get; init; } = new()
    {
        Duration = TimeSpan.FromSeconds(3),
        HeartbeatInterval = TimeSpan.FromSeconds(1),
        ReconnectGrace = TimeSpan.FromMilliseconds(500),
        ServingGrace = TimeSpan.FromSeconds(2),
    };
}
