using OrleansFlow.Tasks;

namespace OrleansFlow.Graphs;

/// <summary>One change of a run's or node's status.</summary>
/// <param name="From">Before; null at the beginning.</param>
/// <param name="To">After.</param>
/// <param name="AtUtc">When it was decided.</param>
/// <param name="Reason">Why, where it is not plain; null otherwise.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.StatusTransition")]
public sealed record StatusTransition(
    [property: Id(0)] RunStatus? From, [property: Id(1)] RunStatus To, [property: Id(2)] DateTimeOffset AtUtc, [property: Id(3)] string? Reason = null);

/// <summary>Where a node stands.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.NodeView")]
public sealed record NodeView
{
    /// <summary>Its id.</summary>
    [Id(0)]
    public required string NodeId { get; init; }

    /// <summary>Its role.</summary>
    [Id(1)]
    public required string Role { get; init; }

    /// <summary>Where it stands.</summary>
    [Id(2)]
    public required RunStatus Status { get; init; }

    /// <summary>Its parents.</summary>
    [Id(3)]
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>
    /// Its tasks, by index. Empty in a run of more than <see cref="RunView.ShownTasksMax"/> tasks, or with more than
    /// <see cref="RunView.ShownResultCharsMax"/> characters of results: such are read in pages. The counts are always right.
    /// </summary>
    [Id(4)]
    public IReadOnlyList<TaskView> Tasks { get; init; } = [];

    /// <summary>Accepted batches.</summary>
    [Id(5)]
    public long Batches { get; init; }

    /// <summary>Rows in them.</summary>
    [Id(6)]
    public long Rows { get; init; }

    /// <summary>Bytes of their files.</summary>
    [Id(7)]
    public long Bytes { get; init; }

    /// <summary>Sums of the metrics of accepted effects, by name.</summary>
    [Id(8)]
    public IReadOnlyDictionary<string, double>? Metrics { get; init; }

    /// <summary>When its first task was leased; null before.</summary>
    [Id(9)]
    public DateTimeOffset? StartedUtc { get; init; }

    /// <summary>When it ended; null before.</summary>
    [Id(10)]
    public DateTimeOffset? EndedUtc { get; init; }

    /// <summary>Tasks it has.</summary>
    [Id(11)]
    public int TaskCount { get; init; }

    /// <summary>Tasks that wait for a worker.</summary>
    [Id(12)]
    public int ReadyCount { get; init; }

    /// <summary>Tasks that a worker holds.</summary>
    [Id(13)]
    public int LeasedCount { get; init; }

    /// <summary>Tasks that completed.</summary>
    [Id(14)]
    public int CompletedCount { get; init; }

    /// <summary>How many of its tasks may be in hand at once; null for any number.</summary>
    [Id(18)]
    public int? Limit { get; init; }

    /// <summary>The run that its outcome was taken from; default when it did its work itself.</summary>
    [Id(19)]
    public RunId CachedFrom { get; init; }

    /// <summary>Why it failed, when the run goes on without it; null otherwise.</summary>
    [Id(15)]
    public TaskFailure? Failure { get; init; }

    /// <summary>Its changes of status, oldest first; the first and the 63 newest. Empty where <see cref="Tasks"/> is for want of room.</summary>
    [Id(16)]
    public IReadOnlyList<StatusTransition> History { get; init; } = [];

    /// <summary>How often it began anew by the wish of people.</summary>
    [Id(17)]
    public int Reruns { get; init; }
}

/// <summary>How many nodes of a run are in one state.</summary>
/// <param name="Status">The state.</param>
/// <param name="Nodes">At least 1.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.NodeStateCount")]
public sealed record NodeStateCount([property: Id(0)] RunStatus Status, [property: Id(1)] int Nodes);

/// <summary>Some of a run's nodes, in the order of the document, without their tasks.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.NodePage")]
public sealed record NodePage
{
    /// <summary>Most parents that one page names.</summary>
    public const int ParentsMax = 10_000;

    /// <summary>The nodes.</summary>
    [Id(0)]
    public required IReadOnlyList<NodeView> Nodes { get; init; }

    /// <summary>Position at which the next page begins; null: this is the last one.</summary>
    [Id(1)]
    public int? Next { get; init; }
}
