using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows;

/// <summary>Where a workflow's run stands.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkflowRunView")]
public sealed record WorkflowRunView
{
    /// <summary>The run.</summary>
    [Id(0)]
    public required RunId RunId { get; init; }

    /// <summary>The workflow's name.</summary>
    [Id(1)]
    public required string Workflow { get; init; }

    /// <summary>The version that the run is on.</summary>
    [Id(2)]
    public required int Version { get; init; }

    /// <summary>Where it stands.</summary>
    [Id(3)]
    public required WorkflowRunStatus Status { get; init; }

    /// <summary>When it was accepted.</summary>
    [Id(4)]
    public required DateTimeOffset StartedUtc { get; init; }

    /// <summary>When it ended; null before.</summary>
    [Id(5)]
    public DateTimeOffset? EndedUtc { get; init; }

    /// <summary>What it returns: an array when the definition collects a list; <c>default</c> before it has completed.</summary>
    [Id(6)]
    public Payload Output { get; init; }

    /// <summary>Why it failed, was cancelled or is paused; null for none of these, or where nobody said.</summary>
    [Id(7)]
    public string? Failure { get; init; }

    /// <summary>The kind of its failure; null for none.</summary>
    [Id(8)]
    public FlowErrorCode? FailureCode { get; init; }

    /// <summary>Steps that were committed.</summary>
    [Id(9)]
    public long Steps { get; init; }

    /// <summary>Steps that ended with an output.</summary>
    [Id(10)]
    public long CompletedSteps { get; init; }

    /// <summary>Items that failed for good.</summary>
    [Id(11)]
    public long FailedSteps { get; init; }

    /// <summary>Attempts that failed and were followed by another.</summary>
    [Id(12)]
    public long Retries { get; init; }

    /// <summary>Items that wait for a worker.</summary>
    [Id(13)]
    public int PendingItems { get; init; }

    /// <summary>Items that a worker has.</summary>
    [Id(14)]
    public int ItemsInFlight { get; init; }

    /// <summary>Items that wait for a time, a signal, a child or other items.</summary>
    [Id(15)]
    public int WaitingItems { get; init; }

    /// <summary>When something goes on by itself next; null when nothing does.</summary>
    [Id(16)]
    public DateTimeOffset? NextDueUtc { get; init; }

    /// <summary>How many changes of the context were committed.</summary>
    [Id(17)]
    public long ContextVersion { get; init; }

    /// <summary>The run that started it; default for none.</summary>
    [Id(18)]
    public RunId Parent { get; init; }

    /// <summary>What it can be found by.</summary>
    [Id(19)]
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();

    /// <summary>When it fails unless it has ended; null for never.</summary>
    [Id(20)]
    public DateTimeOffset? DeadlineUtc { get; init; }

    /// <summary>The key that it was asked for with; null for none.</summary>
    [Id(21)]
    public string? IdempotencyKey { get; init; }

    /// <summary>True once its status cannot change any more, but by a resume of a failed run.</summary>
    public bool IsEnded => Status is WorkflowRunStatus.Completed or WorkflowRunStatus.Failed or WorkflowRunStatus.Cancelled;
}

/// <summary>An item of a run that is not done.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkflowItemView")]
public sealed record WorkflowItemView
{
    /// <summary>Its number.</summary>
    [Id(0)]
    public required long Item { get; init; }

    /// <summary>Its node.</summary>
    [Id(1)]
    public required string Node { get; init; }

    /// <summary>What it waits for.</summary>
    [Id(2)]
    public required WorkItemStatus Status { get; init; }

    /// <summary>Attempts begun.</summary>
    [Id(3)]
    public int Attempts { get; init; }

    /// <summary>Epoch of its last lease; 0 before the first.</summary>
    [Id(4)]
    public long Epoch { get; init; }

    /// <summary>Who has it; default for nobody.</summary>
    [Id(5)]
    public WorkerId Worker { get; init; }

    /// <summary>When it goes on by itself; null when it does not.</summary>
    [Id(6)]
    public DateTimeOffset? DueUtc { get; init; }

    /// <summary>The signal it waits for; null for none.</summary>
    [Id(7)]
    public string? Signal { get; init; }

    /// <summary>Its input.</summary>
    [Id(8)]
    public Payload Input { get; init; }
}
