using System.Text.Json.Serialization;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Variables;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Grains.Events;
using OrleansFlow.Grains.Tasks;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Graphs;

/// <summary>
/// Stored form of a run: its head. Format 2 keeps document, nodes, tasks and batches in rows of their own (<see cref="GraphRunStore"/>), so that a
/// write costs what changed; format 1 had them all in this row and is still read.
/// </summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.GraphRunRow")]
internal sealed class GraphRunRow
{
    public const int Segmented = 2;

    [Id(0), JsonPropertyName("document"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? DocumentJson { get; set; }

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

    [Id(10), JsonPropertyName("nodes"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public List<NodeRow>? Nodes { get; set; }

    [Id(11), JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value, Segmented); }

    /// <summary>Which row holds each segment of nodes (<see cref="RunSegments"/>).</summary>
    [Id(12), JsonPropertyName("node_rows"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? NodeRows { get; set; }

    /// <summary>Which row holds each segment of tasks.</summary>
    [Id(13), JsonPropertyName("task_rows"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? TaskRows { get; set; }

    /// <summary>True while the run is paused.</summary>
    [Id(16), JsonPropertyName("paused"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Paused { get; set; }

    /// <summary>Name of the row that holds the variables; null while they are those of the document.</summary>
    [Id(15), JsonPropertyName("vars_row"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? VariableRows { get; set; }

    /// <summary>Which row holds the checkpoint of each task.</summary>
    [Id(17), JsonPropertyName("checkpoint_rows"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? CheckpointRows { get; set; }

    /// <summary>Position of the node whose failure ended the run.</summary>
    [Id(23), JsonPropertyName("failed_node"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int? FailedNode { get; set; }

    /// <summary>When it failed or was cancelled, where nodes are undone after that.</summary>
    [Id(22), JsonPropertyName("compensating"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTimeOffset? CompensatingUtc { get; set; }

    /// <summary>Which row holds each segment of accepted batches.</summary>
    [Id(14), JsonPropertyName("batch_rows"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? BatchRows { get; set; }

    /// <summary>When the run last went on after its end.</summary>
    [Id(18), JsonPropertyName("reopened"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTimeOffset? ReopenedUtc { get; set; }

    /// <summary>Its changes of status; null where they follow from its times.</summary>
    [Id(19), JsonPropertyName("history"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public List<StatusChangeRow>? History { get; set; }

    /// <summary>True while the run is being deleted: its other rows may be gone.</summary>
    [Id(20), JsonPropertyName("deleting"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Deleting { get; set; }

    /// <summary>
    /// Highest epoch that earlier runs of this id gave, of which nothing else is left: a lease of this one is above it. In the head of a deleted
    /// run, which has no plan, it is all there is.
    /// </summary>
    [Id(24), JsonPropertyName("last_epoch"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long LastEpoch { get; set; }

    /// <summary>True once all of the run is deleted but this.</summary>
    [Id(25), JsonPropertyName("deleted"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Deleted { get; set; }

    /// <summary>Facts that are not known as published on the run's stream, oldest first; null for none, and where none are published.</summary>
    [Id(21), JsonPropertyName("facts"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public List<RunFactRow>? Facts { get; set; }

    [Id(26), JsonPropertyName("cancel_grace_ms"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double? CancelGraceMs { get; set; }

    public static GraphRunRow Of(GraphRunState state, bool settled) => new()
    {
        CancelGraceMs = state.CancelGrace?.TotalMilliseconds,
        ReopenedUtc = state.ReopenedUtc,
        History = state.History.SequenceEqual(RunHistory.Plain(state)) ? null : StatusChangeRow.Of(state.History),
        Format = Segmented,
        Status = (int)state.Status,
        SubmittedUtc = state.SubmittedUtc,
        StartedUtc = state.StartedUtc,
        EndedUtc = state.EndedUtc,
        Failure = FailureRow.Of(state.Failure),
        CancelReason = state.CancelReason,
        Paused = state.IsPaused,
        CompensatingUtc = state.CompensatingUtc,
        FailedNode = state.FailedNode,
        Version = state.Version,
        Settled = settled,
    };

    /// <summary>The run, given what its other rows hold.</summary>
    /// <param name="run">The run.</param>
    /// <param name="plan">Its compiled graph.</param>
    /// <param name="nodes">Its nodes.</param>
    /// <param name="variables">Null: those of the document.</param>
    /// <param name="acceptedCount">Batches accepted so far, those that do not count any more among them; null: those that count.</param>
    public GraphRunState ToState(RunId run, GraphPlan plan, IReadOnlyList<NodeRunState> nodes, RunVariables? variables = null, long? acceptedCount = null)
    {
        if ((RunStatus)Status is RunStatus.Failed or RunStatus.Cancelled or RunStatus.Compensating)
        {
            // What an early end did to nodes and tasks follows from the head, so it is not stored with each of them. A node that changed in the
            // same commit is stored as ended all the same, without its tasks: it ends here once more, with them.
            nodes = [.. nodes.Select(Reopen)];
        }

        var active =
            from node in Enumerable.Range(0, nodes.Count)
            from index in Enumerable.Range(0, nodes[node].Tasks.Count)
            where nodes[node].Tasks[index].Status is FlowTaskStatus.Leased or FlowTaskStatus.BackingOff
            select new TaskSlot(node, index);
        var state = new GraphRunState
        {
            Plan = plan,
            RunId = run,
            Status = (RunStatus)Status,
            SubmittedUtc = SubmittedUtc,
            StartedUtc = StartedUtc,
            EndedUtc = EndedUtc,
            Failure = Failure?.ToFailure(),
            CancelReason = CancelReason,
            CancelGrace = Grace,
            Version = Version,
            Nodes = [.. Enumerable.Range(0, nodes.Count).Select(index => EdgeStates.Complete(plan, nodes, index))],
            IsPaused = Paused,
            OpenGates = [.. Enumerable.Range(0, nodes.Count).Where(node => plan.Nodes[node].Gate is not null && nodes[node] is { Opened: true, IsTerminal: false, Tasks: [{ IsTerminal: false }] })],
            Remaking = [.. Enumerable.Range(0, nodes.Count).Where(node => RunReopening.IsRemaking(nodes[node]))],
            EndedCount = nodes.Count(node => node.IsTerminal),
            Variables = variables ?? plan.Variables,
            Active = [.. active],
            AcceptedCount = acceptedCount ?? nodes.Sum(node => (long)node.Accepted.Count),
            ReopenedUtc = ReopenedUtc,
        };

        if (CompensatingUtc is { } sinceUtc)
        {
            var outcome = CancelReason is null ? RunStatus.Failed : RunStatus.Cancelled;
            state = GraphRunDecider.Apply(state, new RunCompensating(sinceUtc, outcome, CancelReason ?? "", state.Failure, FailedNode, Grace)) with
            {
                Version = Version, Status = state.Status,
            };
            return state with { History = History is null ? RunHistory.Plain(state) : StatusChangeRow.ToHistory(History) };
        }

        state = state is { Status: RunStatus.Failed or RunStatus.Cancelled, EndedUtc: { } endedUtc }
            ? GraphRunDecider.Apply(state, new RunAborted(endedUtc, state.Status, CancelReason ?? "", state.Failure, FailedNode, Grace)) with { Version = Version }
            : state;
        return state with { History = History is null ? RunHistory.Plain(state) : StatusChangeRow.ToHistory(History) };
    }

    private TimeSpan? Grace => CancelGraceMs is { } grace ? TimeSpan.FromMilliseconds(grace) : null;

    /// <summary>A node that has a failure of its own ended before the run did.</summary>
    private static NodeRunState Reopen(NodeRunState node) =>
        node is { Status: RunStatus.Failed or RunStatus.Cancelled, Failure: null } ? node with { Status = RunStatus.Running } : node;
}

[JsonSerializable(typeof(GraphRunRow))]
[JsonSerializable(typeof(RunPlanRow))]
[JsonSerializable(typeof(RunNodesRow))]
[JsonSerializable(typeof(RunTasksRow))]
[JsonSerializable(typeof(RunBatchesRow))]
[JsonSerializable(typeof(RunResultRow))]
[JsonSerializable(typeof(RunVariablesRow))]
[JsonSerializable(typeof(CheckpointRow))]
[JsonSerializable(typeof(RunItemsRow))]
internal sealed partial class GraphRunJson : JsonSerializerContext;
