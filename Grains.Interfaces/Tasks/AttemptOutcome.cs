using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tasks;

/// <summary>How an attempt ended. Numbers are stored and travel.</summary>
public enum AttemptEnd
{
    /// <summary>The work is done.</summary>
    Completed = 1,

    /// <summary>The work failed.</summary>
    Failed = 2,

    /// <summary>The attempt stopped because it was told to.</summary>
    Stopped = 3,
}

/// <summary>The end of an attempt, as its worker reports it.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.AttemptOutcome")]
public sealed record AttemptOutcome
{
    /// <summary>The lease under which it ran.</summary>
    [Id(0)]
    public required LeaseToken Token { get; init; }

    /// <summary>How it ended.</summary>
    [Id(1)]
    public required AttemptEnd End { get; init; }

    /// <summary>Why, for a failure.</summary>
    [Id(2)]
    public TaskFailure? Failure { get; init; }

    /// <summary>A small JSON result; null for none.</summary>
    [Id(3)]
    public string? ResultJson { get; init; }

    /// <summary>Numbers to add to the task's metrics; null for none.</summary>
    [Id(4)]
    public IReadOnlyDictionary<string, double>? Metrics { get; init; }

    /// <summary>How many output batches the task has in all; a completion that disagrees with what was accepted is refused.</summary>
    [Id(5)]
    public int BatchCount { get; init; }

    /// <summary>For a failure: batches of parents that could not be read any more; null for none.</summary>
    [Id(6)]
    public IReadOnlyList<LostBatch>? LostInputs { get; init; }

    /// <summary>Of a workflow's item that completed: JSON of a <see cref="StepOutcome"/>; <c>default</c> for any other task.</summary>
    [Id(7)]
    public Payload Step { get; init; }
}

/// <summary>A batch of a parent whose file is gone or damaged.</summary>
/// <param name="Node">The parent.</param>
/// <param name="TaskIndex">Its task.</param>
/// <param name="Index">Number of the batch within the task.</param>
/// <param name="Path">Its file, relative to the artifact root.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.LostBatch")]
public readonly record struct LostBatch([property: Id(0)] string Node, [property: Id(1)] int TaskIndex, [property: Id(2)] int Index, [property: Id(3)] string Path);
