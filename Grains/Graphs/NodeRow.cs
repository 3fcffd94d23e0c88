using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Grains.Tasks;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Graphs;

/// <summary>Stored form of a node of a run. What its tasks say is not stored twice.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.NodeRow")]
internal sealed class NodeRow
{
    [Id(0), JsonPropertyName("status")]
    public int Status { get; set; }

    [Id(1), JsonPropertyName("opened"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Opened { get; set; }

    [Id(2), JsonPropertyName("started"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTimeOffset? StartedUtc { get; set; }

    [Id(3), JsonPropertyName("ended"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTimeOffset? EndedUtc { get; set; }

    [Id(4), JsonPropertyName("metrics"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Dictionary<string, double>? Metrics { get; set; }

    /// <summary>Format 1 only.</summary>
    [Id(5), JsonPropertyName("tasks"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public List<TaskLeaseRow>? Tasks { get; set; }

    /// <summary>When its tasks became ready; what a task without a row of its own is told by.</summary>
    [Id(6), JsonPropertyName("opened_at"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTimeOffset? OpenedUtc { get; set; }

    /// <summary>True once it gave its early start up.</summary>
    [Id(7), JsonPropertyName("held_back"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HeldBack { get; set; }

    /// <summary>What became of the ways that lead to it (<see cref="EdgeStates"/>); null while all are open, and in rows of older versions.</summary>
    [Id(8), JsonPropertyName("edges"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? Edges { get; set; }

    /// <summary>Why it failed while the run went on.</summary>
    [Id(9), JsonPropertyName("failure"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public FailureRow? Failure { get; set; }

    /// <summary>How many reports each sum of the metrics is made of; older versions did not count, their sums are one report each.</summary>
    [Id(10), JsonPropertyName("metric_counts"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Dictionary<string, long>? MetricCounts { get; set; }

    /// <summary>How often it began anew.</summary>
    [Id(11), JsonPropertyName("reruns"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Reruns { get; set; }

    /// <summary>Its changes of status before that.</summary>
    [Id(12), JsonPropertyName("past"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public List<StatusChangeRow>? Past { get; set; }

    /// <summary>How many tasks a scattered node has so far.</summary>
    [Id(13), JsonPropertyName("task_count"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int TaskCount { get; set; }

    /// <summary>The content key under which its outcome was looked for.</summary>
    [Id(17), JsonPropertyName("cache_key"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? CacheKey { get; set; }

    /// <summary>Whether it is known if there is one.</summary>
    [Id(18), JsonPropertyName("cache_answered"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool CacheAnswered { get; set; }

    /// <summary>The run that its outcome was taken from.</summary>
    [Id(19), JsonPropertyName("cached_from"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? CachedFrom { get; set; }

    /// <summary>When it ended, among the other nodes.</summary>
    [Id(16), JsonPropertyName("ended_order"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long EndedOrder { get; set; }

    /// <summary>Name of the row that holds a scattered node's items.</summary>
    [Id(14), JsonPropertyName("items_row"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? ItemsRow { get; set; }

    /// <summary>What that row holds.</summary>
    [Id(15), JsonIgnore]
    public List<string> Items { get; set; } = [];

    public static NodeRow Of(PlanNode plan, NodeRunState node, string? itemsRow) => new()
    {
        Reruns = node.Reruns,
        Past = StatusChangeRow.Of(node.Past),
        TaskCount = plan.Foreach is null ? 0 : node.Tasks.Count,
        ItemsRow = itemsRow,
        EndedOrder = node.EndedOrder,
        CacheKey = node.CacheKey,
        CacheAnswered = node.IsCacheAnswered,
        CachedFrom = node.CachedFrom.IsDefault ? null : node.CachedFrom.Value,
        Edges = EdgeStates.ToText(plan, node),
        Failure = FailureRow.Of(node.Failure),
        MetricCounts = node.MetricCounts.IsEmpty ? null : new Dictionary<string, long>(node.MetricCounts),
        HeldBack = node.IsHeldBack,
        Status = (int)node.Status,
        Opened = node.Opened,
        OpenedUtc = node.OpenedUtc,
        StartedUtc = node.StartedUtc,
        EndedUtc = node.EndedUtc,
        Metrics = node.Metrics.IsEmpty ? null : new Dictionary<string, double>(node.Metrics),
    };

    public NodeRunState ToNode(IEnumerable<TaskLease> leases)
    {
        NodeTasks tasks = [.. leases];
        var accepted = tasks
            .SelectMany((task, index) => task.Batches.Select((batch, number) => new AcceptedRef(index, number, batch.Sequence)))
            .OrderBy(batch => batch.Sequence);
        return new NodeRunState
        {
            Status = (RunStatus)Status,
            Opened = Opened,
            IsHeldBack = HeldBack,
            Reruns = Reruns,
            Past = StatusChangeRow.ToHistory(Past),
            OpenedUtc = OpenedUtc,
            Edges = EdgeStates.Parse(Edges),
            Failure = Failure?.ToFailure(),
            MetricCounts = Metrics is null ? NodeRunState.NoCounts : (MetricCounts ?? Metrics.Keys.ToDictionary(name => name, _ => 1L)).ToImmutableSortedDictionary(StringComparer.Ordinal),
            StartedUtc = StartedUtc,
            EndedUtc = EndedUtc,
            Tasks = tasks,
            Items = [.. Items],
            EndedOrder = EndedOrder,
            CacheKey = CacheKey,
            IsCacheAnswered = CacheAnswered,
            CachedFrom = CachedFrom is { } from ? new RunId(from) : default,
            OfferedCount = OfferedOf(tasks),
            Accepted = [.. accepted],
            Rows = tasks.Sum(task => task.Batches.Sum(batch => batch.Rows)),
            Bytes = tasks.Sum(task => task.Batches.Sum(batch => batch.Bytes)),
            Metrics = Metrics is null ? NodeRunState.NoMetrics : Metrics.ToImmutableSortedDictionary(StringComparer.Ordinal),
        };
    }

    /// <summary>Tasks are made ready in their order: how many were.</summary>
    private static int OfferedOf(NodeTasks tasks)
    {
        var count = tasks.Count;
        while (count > tasks.Count - tasks.CountOf(FlowTaskStatus.Pending) && tasks[count - 1].Status == FlowTaskStatus.Pending)
        {
            count--;
        }

        return count;
    }
}
