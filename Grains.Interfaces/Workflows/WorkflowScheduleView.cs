using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Schedules;

namespace OrleansFlow.Workflows;

/// <summary>Where a schedule stands.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkflowScheduleView")]
public sealed record WorkflowScheduleView
{
    /// <summary>How many of the next times are shown.</summary>
    public const int NextShown = 10;

    /// <summary>Its id.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>What it is to do: JSON of a <see cref="WorkflowSchedule"/>.</summary>
    [Id(1)]
    public required Payload Schedule { get; init; }

    /// <summary>Whether it starts nothing by itself.</summary>
    [Id(2)]
    public bool IsPaused { get; init; }

    /// <summary>Why it is paused, or goes on; null for no note.</summary>
    [Id(3)]
    public string? Note { get; init; }

    /// <summary>Its next times, the first first; empty when it is paused or has ended.</summary>
    [Id(4)]
    public IReadOnlyList<DateTimeOffset> NextUtc { get; init; } = [];

    /// <summary>Runs that have not ended, as far as the schedule knows.</summary>
    [Id(5)]
    public IReadOnlyList<WorkflowScheduleRun> Running { get; init; } = [];

    /// <summary>Runs that wait for the end of another one.</summary>
    [Id(6)]
    public int BufferedCount { get; init; }

    /// <summary>The newest runs, the oldest of them first.</summary>
    [Id(7)]
    public IReadOnlyList<WorkflowScheduleRun> Recent { get; init; } = [];

    /// <summary>Runs that were started.</summary>
    [Id(8)]
    public long StartedCount { get; init; }

    /// <summary>Times that were left out because a run had not ended.</summary>
    [Id(9)]
    public long SkippedCount { get; init; }

    /// <summary>Times that came too late.</summary>
    [Id(10)]
    public long MissedCount { get; init; }

    /// <summary>Runs that could not be started.</summary>
    [Id(11)]
    public long RefusedCount { get; init; }

    /// <summary>How many runs it may still start; null: any number.</summary>
    [Id(12)]
    public long? RunsLeft { get; init; }
}

/// <summary>A run of a schedule.</summary>
/// <param name="Run">The run.</param>
/// <param name="TimeUtc">The time of the schedule that it is for.</param>
/// <param name="Failure">Why it could not be started, or failed; null for neither.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkflowScheduleRun")]
public sealed record WorkflowScheduleRun([property: Id(0)] RunId Run, [property: Id(1)] DateTimeOffset TimeUtc, [property: Id(2)] string? Failure);
