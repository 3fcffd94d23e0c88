using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows;

/// <summary>One run in the index.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkflowLine")]
public sealed record WorkflowLine
{
    /// <summary>As <see cref="WakeUtc"/> of a run that has ended: others have not heard of that yet, or its children were not started or cancelled.</summary>
    public static readonly DateTimeOffset Owing = DateTimeOffset.MinValue;

    /// <summary>The run.</summary>
    [Id(0)]
    public required RunId Run { get; init; }

    /// <summary>Name of its workflow.</summary>
    [Id(1)]
    public required string Workflow { get; init; }

    /// <summary>Version of its workflow, from 1.</summary>
    [Id(2)]
    public required int Version { get; init; }

    /// <summary>Where it stands.</summary>
    [Id(3)]
    public required WorkflowRunStatus Status { get; init; }

    /// <summary>When it was started. Never changes.</summary>
    [Id(4)]
    public required DateTimeOffset StartedUtc { get; init; }

    /// <summary>When it ended; null before.</summary>
    [Id(5)]
    public DateTimeOffset? EndedUtc { get; init; }

    /// <summary>The run that started it; default for none.</summary>
    [Id(6)]
    public RunId Parent { get; init; }

    /// <summary>What it can be searched by; null for nothing.</summary>
    [Id(7)]
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    /// <summary>
    /// Null: the run is live, and must be woken when it was lost. A time: it is parked until then. <see cref="DateTimeOffset.MaxValue"/>: it is parked
    /// until somebody calls it. Of a run that has ended: <see cref="Owing"/> while it has to be woken when it was lost.
    /// </summary>
    [Id(8)]
    public DateTimeOffset? WakeUtc { get; init; }

    /// <summary>Grows with each line that the run records; older news are dropped.</summary>
    [Id(9)]
    public required long Order { get; init; }

    /// <summary>Why it failed, was cancelled or is paused; null for none of these, or where nobody said.</summary>
    [Id(10)]
    public string? Failure { get; init; }
}

/// <summary>A place in the order of a listing.</summary>
/// <param name="StartedUtc">When the run there was started.</param>
/// <param name="Run">The run.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkflowPlace")]
public readonly record struct WorkflowPlace([property: Id(0)] DateTimeOffset StartedUtc, [property: Id(1)] RunId Run);
