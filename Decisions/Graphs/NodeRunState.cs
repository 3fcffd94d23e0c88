using System.Collections.Immutable;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>One accepted batch of a node, in order of acceptance.</summary>
/// <param name="Task">Position of the task in the node.</param>
/// <param name="Index">Number of the batch within the task.</param>
/// <param name="Sequence">Order of acceptance within the run.</param>
public readonly record struct AcceptedRef(int Task, int Index, long Sequence);

/// <summary>One node of a run.</summary>
public sealed record NodeRunState
{
    internal static readonly ImmutableSortedDictionary<string, double> NoMetrics = ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal);
    internal static readonly ImmutableSortedDictionary<string, long> NoCounts = ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal);

    /// <summary>Where it stands.</summary>
    public RunStatus Status { get; init; }

    /// <summary>True once its tasks may be leased.</summary>
    public bool Opened { get; init; }

    /// <summary>When that was; null before.</summary>
    public DateTimeOffset? OpenedUtc { get; init; }

    /// <summary>True once it gave its early start up: it opens when all its parents have completed, as if it were to start when ready.</summary>
    public bool IsHeldBack { get; init; }

    /// <summary>How often it began anew, by the wish of people.</summary>
    public int Reruns { get; init; }

    /// <summary>Its changes of status before it last began anew or went on after the run's end; what came since follows from its times (<see cref="RunHistory"/>).</summary>
    public ImmutableList<StatusChange> Past { get; init; } = [];

    /// <summary>What became of the ways that lead to it.</summary>
    public PersistentArray<EdgeState> Edges { get; init; } = [];

    /// <summary>How many of them were taken.</summary>
    public int TakenCount { get; init; }

    /// <summary>How many of them are dead.</summary>
    public int DeadCount { get; init; }

    /// <summary>Why it failed; null when it did not, or when its failure ended the run.</summary>
    public LeaseFailure? Failure { get; init; }

    /// <summary>Its tasks, by index. Of a scattered node: none until it opens, then one for each item so far.</summary>
    public required NodeTasks Tasks { get; init; }

    /// <summary>The items of a node that is scattered over a list, as JSON; empty for any other.</summary>
    public ImmutableList<string> Items { get; init; } = [];

    /// <summary>How many of its tasks have been made ready, in their order; counted where <see cref="PlanNode.Window"/> is set.</summary>
    public int OfferedCount { get; init; }

    /// <summary>Tasks that failed for good.</summary>
    public int FailedCount => Tasks.CountOf(FlowTaskStatus.Failed);

    /// <summary>Tasks that completed.</summary>
    public int CompletedCount => Tasks.CountOf(FlowTaskStatus.Completed);

    /// <summary>Its accepted batches, in order of acceptance.</summary>
    public ImmutableList<AcceptedRef> Accepted { get; init; } = [];

    /// <summary>Rows in the accepted batches.</summary>
    public long Rows { get; init; }

    /// <summary>Bytes of their files.</summary>
    public long Bytes { get; init; }

    /// <summary>Sums of the metrics of accepted batches and recorded completions; an attempt that came to nothing adds nothing.</summary>
    public ImmutableSortedDictionary<string, double> Metrics { get; init; } = NoMetrics;

    /// <summary>How many reports each of those sums is made of.</summary>
    public ImmutableSortedDictionary<string, long> MetricCounts { get; init; } = NoCounts;

    /// <summary>When its first task was leased; null before.</summary>
    public DateTimeOffset? StartedUtc { get; init; }

    /// <summary>The content key under which its outcome was looked for; null before, and for a node without a cache.</summary>
    public string? CacheKey { get; init; }

    /// <summary>Whether it is known if there is one.</summary>
    public bool IsCacheAnswered { get; init; }

    /// <summary>The run that its outcome was taken from; default when it did its work itself.</summary>
    public RunId CachedFrom { get; init; }

    /// <summary>Grows from each node that ended by itself to the next; 0 before, and for one that the run's end ended.</summary>
    public long EndedOrder { get; init; }

    /// <summary>When it ended; null before.</summary>
    public DateTimeOffset? EndedUtc { get; init; }

    /// <summary>True in a state that nothing leaves.</summary>
    public bool IsTerminal => GraphRunState.IsEnd(Status);
}
