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
/// <remarks>A run may have a hundred thousand of them, and each step makes some anew: about 100 bytes, what most nodes do not have in parts that they share.</remarks>
public sealed record NodeRunState
{
    internal static readonly ImmutableSortedDictionary<string, double> NoMetrics = ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal);
    internal static readonly ImmutableSortedDictionary<string, long> NoCounts = ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal);

    private readonly NodeOutput _output = NodeOutput.None;
    private readonly NodeRarities _rarities = NodeRarities.None;

    // Ticks and one; 0: none. A third of what three times take that may be missing.
    private readonly long _opened;
    private readonly long _started;
    private readonly long _ended;

    /// <summary>Where it stands.</summary>
    public RunStatus Status { get; init; }

    /// <summary>True once its tasks may be leased.</summary>
    public bool Opened { get; init; }

    /// <summary>When that was; null before.</summary>
    public DateTimeOffset? OpenedUtc
    {
        get => TimeOf(_opened);
        init => _opened = TicksOf(value);
    }

    /// <summary>True once it gave its early start up: it opens when all its parents have completed, as if it were to start when ready.</summary>
    public bool IsHeldBack
    {
        get => _rarities.IsHeldBack;
        init => _rarities = _rarities.IsHeldBack == value ? _rarities : _rarities with { IsHeldBack = value };
    }

    /// <summary>How often it began anew, by the wish of people.</summary>
    public int Reruns
    {
        get => _rarities.Reruns;
        init => _rarities = _rarities.Reruns == value ? _rarities : _rarities with { Reruns = value };
    }

    /// <summary>Its changes of status before it last began anew or went on after the run's end; what came since follows from its times (<see cref="RunHistory"/>).</summary>
    public ImmutableList<StatusChange> Past
    {
        get => _rarities.Past;
        init => _rarities = ReferenceEquals(_rarities.Past, value) ? _rarities : _rarities with { Past = value };
    }

    /// <summary>What became of the ways that lead to it.</summary>
    public PersistentArray<EdgeState> Edges { get; init; } = [];

    /// <summary>How many of them were taken.</summary>
    public int TakenCount { get; init; }

    /// <summary>How many of them are dead.</summary>
    public int DeadCount { get; init; }

    /// <summary>Why it failed; null when it did not, or when its failure ended the run.</summary>
    public LeaseFailure? Failure
    {
        get => _rarities.Failure;
        init => _rarities = ReferenceEquals(_rarities.Failure, value) ? _rarities : _rarities with { Failure = value };
    }

    /// <summary>Its tasks, by index. Of a scattered node: none until it opens, then one for each item so far.</summary>
    public required NodeTasks Tasks { get; init; }

    /// <summary>The items of a node that is scattered over a list, as JSON; empty for any other.</summary>
    public ImmutableList<string> Items
    {
        get => _rarities.Items;
        init => _rarities = ReferenceEquals(_rarities.Items, value) ? _rarities : _rarities with { Items = value };
    }

    /// <summary>How many of its tasks have been made ready, in their order; counted where <see cref="PlanNode.Window"/> is set.</summary>
    public int OfferedCount { get; init; }

    /// <summary>Tasks that failed for good.</summary>
    public int FailedCount => Tasks.CountOf(FlowTaskStatus.Failed);

    /// <summary>Tasks that completed.</summary>
    public int CompletedCount => Tasks.CountOf(FlowTaskStatus.Completed);

    /// <summary>Its accepted batches, in order of acceptance.</summary>
    public ImmutableList<AcceptedRef> Accepted
    {
        get => _output.Accepted;
        init => _output = ReferenceEquals(_output.Accepted, value) ? _output : _output with { Accepted = value };
    }

    /// <summary>Rows in the accepted batches.</summary>
    public long Rows
    {
        get => _output.Rows;
        init => _output = _output.Rows == value ? _output : _output with { Rows = value };
    }

    /// <summary>Bytes of their files.</summary>
    public long Bytes
    {
        get => _output.Bytes;
        init => _output = _output.Bytes == value ? _output : _output with { Bytes = value };
    }

    /// <summary>Sums of the metrics of accepted batches and recorded completions; an attempt that came to nothing adds nothing.</summary>
    public ImmutableSortedDictionary<string, double> Metrics
    {
        get => _output.Metrics;
        init => _output = ReferenceEquals(_output.Metrics, value) ? _output : _output with { Metrics = value };
    }

    /// <summary>How many reports each of those sums is made of.</summary>
    public ImmutableSortedDictionary<string, long> MetricCounts
    {
        get => _output.MetricCounts;
        init => _output = ReferenceEquals(_output.MetricCounts, value) ? _output : _output with { MetricCounts = value };
    }

    /// <summary>When its first task was leased; null before.</summary>
    public DateTimeOffset? StartedUtc
    {
        get => TimeOf(_started);
        init => _started = TicksOf(value);
    }

    /// <summary>The content key under which its outcome was looked for; null before, and for a node without a cache.</summary>
    public string? CacheKey
    {
        get => _rarities.CacheKey;
        init => _rarities = _rarities.CacheKey == value ? _rarities : _rarities with { CacheKey = value };
    }

    /// <summary>Whether it is known if there is one.</summary>
    public bool IsCacheAnswered
    {
        get => _rarities.IsCacheAnswered;
        init => _rarities = _rarities.IsCacheAnswered == value ? _rarities : _rarities with { IsCacheAnswered = value };
    }

    /// <summary>The run that its outcome was taken from; default when it did its work itself.</summary>
    public RunId CachedFrom
    {
        get => _rarities.CachedFrom;
        init => _rarities = _rarities.CachedFrom == value ? _rarities : _rarities with { CachedFrom = value };
    }

    /// <summary>Grows from each node that ended by itself to the next; 0 before, and for one that the run's end ended.</summary>
    public long EndedOrder { get; init; }

    /// <summary>When it ended; null before.</summary>
    public DateTimeOffset? EndedUtc
    {
        get => TimeOf(_ended);
        init => _ended = TicksOf(value);
    }

    /// <summary>True in a state that nothing leaves.</summary>
    public bool IsTerminal => GraphRunState.IsEnd(Status);

    /// <summary>What its attempts brought, to be changed at once.</summary>
    internal NodeOutput Output
    {
        get => _output;
        init => _output = value;
    }

    private static DateTimeOffset? TimeOf(long ticks) => ticks == 0 ? null : new DateTimeOffset(ticks - 1, TimeSpan.Zero);

    private static long TicksOf(DateTimeOffset? utc) => utc is { } time ? time.UtcTicks + 1 : 0;
}
