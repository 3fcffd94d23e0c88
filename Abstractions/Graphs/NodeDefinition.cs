using System.Collections.ObjectModel;
using System.Text.Json;

namespace OrleansFlow.Graphs;

/// <summary>One node of a task graph: a role, how many tasks it has, and what it waits for.</summary>
public sealed class NodeDefinition
{
    /// <summary>Id, unique within the graph.</summary>
    public required string Id { get; init; }

    /// <summary>The role whose workers run the node's tasks. Empty for a node with <see cref="Fn"/> or <see cref="Approval"/>.</summary>
    public string Role { get; init; } = "";

    /// <summary>
    /// A function instead of a role: <c>vars.set</c>, <c>vars.merge</c>, <c>vars.incr</c>, <c>vars.unset</c>, <c>metrics.aggregate</c>,
    /// <c>merge.generic</c> and <c>noop</c> run in the control plane; any other name runs as a task of role <c>coordinator</c>. Null: none.
    /// </summary>
    public string? Fn { get; init; }

    /// <summary>The function's arguments: an object.</summary>
    public JsonElement? Args { get; init; }

    /// <summary>A gate instead of a role: the node waits for an approval. Null: none.</summary>
    public ApprovalDefinition? Approval { get; init; }

    /// <summary>A graph instead of a role, by its name in <see cref="GraphDefinition.Graphs"/>: each task of the node is a run of it. Null: none.</summary>
    public string? Graph { get; init; }

    /// <summary>The same, with the graph written in place; in the document an object in the member <c>graph</c>. Null: none.</summary>
    public GraphDefinition? Body { get; init; }

    /// <summary>How many tasks the node has. Default 1. Range 1 to 100 000.</summary>
    public int Tasks { get; init; } = 1;

    /// <summary>One task for each item of a list or batch of a parent, instead of <see cref="Tasks"/>. Null: none.</summary>
    public ForeachDefinition? Foreach { get; init; }

    /// <summary>Where its outcome may come from instead of a worker. Null: nowhere.</summary>
    public CacheDefinition? Cache { get; init; }

    /// <summary>How many of its tasks may be in hand at once. Null: as many as there are slots.</summary>
    public ConcurrencyDefinition? Concurrency { get; init; }

    /// <summary>The parents; the node reads their artifacts in this order.</summary>
    public IReadOnlyList<ParentDefinition> DependsOn { get; init; } = [];

    /// <summary>
    /// How many parents must lead here: <c>all</c>, <c>any</c> or <c>count:N</c>. Null: <c>all</c>, or <c>any</c> with <c>first_batch</c>. A node that
    /// too few parents can still lead to is skipped.
    /// </summary>
    public string? FanIn { get; init; }

    /// <summary>A condition in the expression language, looked at when the fan-in is met: the node is skipped when it does not hold. Null: none.</summary>
    public string? When { get; init; }

    /// <summary>Nodes that this one's end leads to, in addition to those that name it as a parent.</summary>
    public NodeRouting Routing { get; init; } = NodeRouting.None;

    /// <summary>
    /// What a parent's failure means once this node reads from it: <c>fail</c> (default; with reason <c>upstream_failed</c>), or <c>end_of_input</c>.
    /// </summary>
    public string OnUpstreamFailure { get; init; } = "fail";

    /// <summary><c>ready</c> (default): a parent counts from its end on. <c>first_batch</c>: from its first batch on.</summary>
    public string StartWhen { get; init; } = "ready";

    /// <summary>Free values the node's handler can read; member by member they win over the run's.</summary>
    public JsonElement? Params { get; init; }

    /// <summary>Where the input comes from, when the graph and not the handler says so; null: the handler reads it. Only for a node with a role.</summary>
    public NodeInputDefinition? Input { get; init; }

    /// <summary>What happens when a task fails in a way that a retry can help.</summary>
    public RetryPolicy Retry { get; init; } = RetryPolicy.Default;

    /// <summary>What undoes the node, once it has completed, when the run fails for good; the nodes that have one are undone in reverse order of their completion. Null: nothing.</summary>
    public CompensationDefinition? Compensate { get; init; }

    /// <summary>Longest time of one attempt, in seconds, from grant to outcome; null: none. Range 1 to 604 800.</summary>
    public double? TimeoutSec { get; init; }

    /// <summary>
    /// Longest time, in seconds, from an attempt's grant to its first batch, from one accepted batch to the next, and from the last one to the end. An
    /// attempt that takes longer fails with <c>batch_deadline_exceeded</c> and is tried again as <see cref="Retry"/> says. Null: none. Range 0.1 to 604 800.
    /// </summary>
    public double? BatchDeadlineSec { get; init; }

    /// <summary>Tasks with a higher number are leased first. Default 0. Range -1000 to 1000.</summary>
    public int Priority { get; init; }

    /// <summary>Labels that a worker must have to run the node's tasks, by name. Default none. At most 32.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The one version of the role that may run the node's tasks, as workers announce it; null: any.</summary>
    public string? RoleVersion { get; init; }

    /// <summary>
    /// What a lost stream means to a lease: <c>reconnect</c> (default): it ends after the reconnect grace; <c>lease</c>: it stands until it
    /// expires, so that a worker that is cut off for longer keeps what it has done.
    /// </summary>
    public string Grace { get; init; } = "reconnect";

    /// <summary>
    /// How often a task may be taken over because its worker was lost, before it fails with <c>too_many_takeovers</c>. Null: as the silo says. Range 0 to 1000.
    /// </summary>
    public int? MaxTakeovers { get; init; }
}
