using System.Collections.Immutable;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Stores;

/// <summary>Where a run stands.</summary>
public sealed record WorkflowRunSummary
{
    /// <summary>The run.</summary>
    public required RunId Id { get; init; }

    /// <summary>The workflow's name and version.</summary>
    public required WorkflowVersion Workflow { get; init; }

    /// <summary>Hash of its definition.</summary>
    public required string Hash { get; init; }

    /// <summary>Where it stands.</summary>
    public required WorkflowRunStatus Status { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset StartedUtc { get; init; }

    /// <summary>When it ended; <see langword="null"/> before, and again when a failed run goes on.</summary>
    public DateTimeOffset? EndedUtc { get; init; }

    /// <summary>The outputs of a completed run, as the definition's rule keeps them; empty before, and of a run that did not complete.</summary>
    public IReadOnlyList<Payload> Outputs { get; init; } = [];

    /// <summary>Why it failed, was cancelled or is paused; <see langword="null"/> for none of these, or where nobody said.</summary>
    public string? Failure { get; init; }

    /// <summary>The kind of its failure.</summary>
    public FlowErrorCode? FailureCode { get; init; }

    /// <summary>Items that wait for a worker.</summary>
    public int PendingCount { get; init; }

    /// <summary>Items that a worker has.</summary>
    public int InFlightCount { get; init; }

    /// <summary>Items that wait for a time, a signal or other items.</summary>
    public int WaitingCount { get; init; }

    /// <summary>When something goes on by itself next; <see langword="null"/> when nothing does.</summary>
    public DateTimeOffset? NextDueUtc { get; init; }

    /// <summary>The key it was asked for with.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The run that started it.</summary>
    public string? ParentRun { get; init; }

    /// <summary>What it can be found by.</summary>
    public ImmutableSortedDictionary<string, string> Attributes { get; init; } = RunAttributes.None;

    /// <summary>True once the run has ended.</summary>
    public bool IsFinal => Status is WorkflowRunStatus.Completed or WorkflowRunStatus.Failed or WorkflowRunStatus.Cancelled;
}
