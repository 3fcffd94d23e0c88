using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Events;

/// <summary>What a <see cref="RunFact"/> tells. Numbers travel.</summary>
public enum RunFactKind
{
    /// <summary>The run's status changed; an early end is that of every node that had not ended.</summary>
    RunChanged = 1,

    /// <summary>A node started or ended.</summary>
    NodeChanged = 2,

    /// <summary>A worker got a task.</summary>
    LeaseGranted = 3,

    /// <summary>A lease ended: reason <c>completed</c>, a failure's, or why it was revoked.</summary>
    LeaseEnded = 4,

    /// <summary>An output batch stands.</summary>
    BatchAccepted = 5,
}

/// <summary>One committed fact about a run, its nodes or its leases.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.RunFact")]
public sealed record RunFact
{
    /// <summary>The form of this record. A reader of an older one skips members that it does not know.</summary>
    public const int Version = 1;

    /// <summary>Form that it was written in; <see cref="Version"/> of the writer.</summary>
    [Id(0)]
    public int Form { get; init; } = Version;

    /// <summary>The run.</summary>
    [Id(1)]
    public required RunId RunId { get; init; }

    /// <summary>Grows within the run, with gaps: the run's version after the change. The same fact always has the same one.</summary>
    [Id(2)]
    public required long Sequence { get; init; }

    /// <summary>When it was decided.</summary>
    [Id(3)]
    public required DateTimeOffset AtUtc { get; init; }

    /// <summary>What it tells; decides which of the further members are set.</summary>
    [Id(4)]
    public required RunFactKind Kind { get; init; }

    /// <summary>Where the run or node stands since.</summary>
    [Id(5)]
    public RunStatus? Status { get; init; }

    /// <summary>The node; null for the run.</summary>
    [Id(6)]
    public string? Node { get; init; }

    /// <summary>The task's number within the node, from 0; null where no task is meant.</summary>
    [Id(7)]
    public int? TaskIndex { get; init; }

    /// <summary>Epoch of the lease; 0 where none is meant.</summary>
    [Id(8)]
    public long Epoch { get; init; }

    /// <summary>Holder of the lease; default where none is meant.</summary>
    [Id(9)]
    public WorkerId Worker { get; init; }

    /// <summary>Why; null where it is plain.</summary>
    [Id(10)]
    public string? Reason { get; init; }

    /// <summary>Number of the batch within its task, from 0.</summary>
    [Id(11)]
    public int? Batch { get; init; }

    /// <summary>Rows of the batch.</summary>
    [Id(12)]
    public long Rows { get; init; }

    /// <summary>Bytes of the batch.</summary>
    [Id(13)]
    public long Bytes { get; init; }

    /// <summary>True for the run of a workflow: <see cref="TaskIndex"/> is then the number of an item.</summary>
    [Id(14)]
    public bool IsWorkflow { get; init; }
}
