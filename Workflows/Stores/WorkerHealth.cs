using OrleansFlow.Tasks;

namespace OrleansFlow.Workflows.Stores;

/// <summary>What a worker said of itself last.</summary>
public sealed record WorkerHealth
{
    /// <summary>The worker.</summary>
    public required WorkerId Id { get; init; }

    /// <summary>When it said so.</summary>
    public required DateTimeOffset LastHeartbeatUtc { get; init; }

    /// <summary>What it does.</summary>
    public WorkerState State { get; init; }

    /// <summary>While it is <see cref="WorkerState.Retrying"/>: which attempt failed, from 1.</summary>
    public int Attempt { get; init; }

    /// <summary>While it is <see cref="WorkerState.Retrying"/>: how many attempts there are at most.</summary>
    public int MaxAttempts { get; init; }

    /// <summary>Attempts of its that failed since it began.</summary>
    public long ErrorCount { get; init; }

    /// <summary>Steps of its that were committed since it began.</summary>
    public long StepCount { get; init; }

    /// <summary>The run of the step it does now.</summary>
    public string? CurrentRun { get; init; }

    /// <summary>The item it does now; 0 for none.</summary>
    public long CurrentItem { get; init; }

    /// <summary>The definitions that it has, each <c>NAME@VERSION</c>.</summary>
    public IReadOnlyList<string> Workflows { get; init; } = [];
}
