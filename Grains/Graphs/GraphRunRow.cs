using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Grains.Tasks;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Graphs;

/// <summary>Stored form of a run. The plan is compiled again from the document when the run is read.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.GraphRunRow")]
internal sealed class GraphRunRow
{
    [Id(0), JsonPropertyName("document")]
    public string DocumentJson { get; set; } = "";

    [Id(1), JsonPropertyName("files"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Dictionary<string, string>? Files { get; set; }

    [Id(2), JsonPropertyName("status")]
    public int Status { get; set; }

    [Id(3), JsonPropertyName("submitted")]
    public DateTimeOffset SubmittedUtc { get; set; }

    [Id(4), JsonPropertyName("started"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTimeOffset? StartedUtc { get; set; }

    [Id(5), JsonPropertyName("ended"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTimeOffset? EndedUtc { get; set; }

    [Id(6), JsonPropertyName("failure"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public FailureRow? Failure { get; set; }

    [Id(7), JsonPropertyName("cancel_reason"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? CancelReason { get; set; }

    [Id(8), JsonPropertyName("version")]
    public long Version { get; set; }

    /// <summary>True when the run has ended and everybody who had to know was told.</summary>
    [Id(9), JsonPropertyName("settled"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Settled { get; set; }

    [Id(10), JsonPropertyName("nodes")]
    public List<NodeRow> Nodes { get; set; } = [];

    public static GraphRunRow Of(GraphRunState state, RunSubmission submission, bool settled) => new()
    {
        DocumentJson = submission.DocumentJson,
        Files = submission.Files is null ? null : new Dictionary<string, string>(submission.Files),
        Status = (int)state.Status,
        SubmittedUtc = state.SubmittedUtc,
        StartedUtc = state.StartedUtc,
        EndedUtc = state.EndedUtc,
        Failure = FailureRow.Of(state.Failure),
        CancelReason = state.CancelReason,
        Version = state.Version,
        Settled = settled,
        Nodes = [.. state.Nodes.Select(NodeRow.Of)],
    };

    public RunSubmission ToSubmission() => new() { DocumentJson = DocumentJson, Files = Files };

    public GraphRunState ToState(RunId run)
    {
        var nodes = Nodes.Select(node => node.ToNode()).ToImmutableArray();
        var active =
            from node in Enumerable.Range(0, nodes.Length)
            from index in Enumerable.Range(0, nodes[node].Tasks.Count)
            where nodes[node].Tasks[index].Status is FlowTaskStatus.Leased or FlowTaskStatus.BackingOff
            select new TaskSlot(node, index);
        return new GraphRunState
        {
            Plan = GraphParser.Parse(DocumentJson, Files).RequirePlan(),
            RunId = run,
            Status = (RunStatus)Status,
            SubmittedUtc = SubmittedUtc,
            StartedUtc = StartedUtc,
            EndedUtc = EndedUtc,
            Failure = Failure?.ToFailure(),
            CancelReason = CancelReason,
            Version = Version,
            Nodes = nodes,
            Active = [.. active],
            AcceptedCount = nodes.Sum(node => (long)node.Accepted.Count),
        };
    }
}

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

    [Id(5), JsonPropertyName("tasks")]
    public List<TaskLeaseRow> Tasks { get; set; } = [];

    public static NodeRow Of(NodeRunState node) => new()
    {
        Status = (int)node.Status,
        Opened = node.Opened,
        StartedUtc = node.StartedUtc,
        EndedUtc = node.EndedUtc,
        Metrics = node.Metrics.IsEmpty ? null : new Dictionary<string, double>(node.Metrics),
        Tasks = [.. node.Tasks.Select(TaskLeaseRow.Of)],
    };

    public NodeRunState ToNode()
    {
        var tasks = Tasks.Select(task => task.ToLease()).ToImmutableList();
        var accepted = tasks
            .SelectMany((task, index) => task.Batches.Select((batch, number) => new AcceptedRef(index, number, batch.Sequence)))
            .OrderBy(batch => batch.Sequence);
        return new NodeRunState
        {
            Status = (RunStatus)Status,
            Opened = Opened,
            StartedUtc = StartedUtc,
            EndedUtc = EndedUtc,
            Tasks = tasks,
            CompletedCount = tasks.Count(task => task.Status == FlowTaskStatus.Completed),
            Accepted = [.. accepted],
            Rows = tasks.Sum(task => task.Batches.Sum(batch => batch.Rows)),
            Bytes = tasks.Sum(task => task.Batches.Sum(batch => batch.Bytes)),
            Metrics = (Metrics ?? []).ToImmutableSortedDictionary(StringComparer.Ordinal),
        };
    }
}

[JsonSerializable(typeof(GraphRunRow))]
internal sealed partial class GraphRunJson : JsonSerializerContext;
