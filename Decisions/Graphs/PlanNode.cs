using System.Collections.Immutable;
using System.Text.Json;
using OrleansFlow.Decisions.Expressions;
using OrleansFlow.Decisions.Inputs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Decisions.Queues;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>One node of a compiled graph.</summary>
public sealed record PlanNode
{
    /// <summary>Position in the document, 0-based.</summary>
    public required int Index { get; init; }

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Whose workers run it.</summary>
    public required string Role { get; init; }

    /// <summary>What it runs in the control plane instead of tasks; null for a node with a role.</summary>
    internal CoordinatorFunction? Function { get; init; }

    /// <summary>Whether workers run it.</summary>
    public bool NeedsWorker => Function is null && Gate is null && Child is null;

    /// <summary>The graph that each of its tasks runs; null for a node with a role or a function, and for a gate.</summary>
    public PlanChild? Child { get; init; }

    /// <summary>The gate that it is; null for a node with a role or a function.</summary>
    public PlanGate? Gate { get; init; }

    /// <summary>The function's arguments.</summary>
    public JsonElement? Args { get; init; }

    /// <summary>How many tasks it has; of a scattered node, how many it may have.</summary>
    public required int TaskCount { get; init; }

    /// <summary>How it is scattered; null for a node with a fixed number of tasks.</summary>
    public PlanForeach? Foreach { get; init; }

    /// <summary>Where its outcome may come from instead of a worker; null for nowhere.</summary>
    public PlanCache? Cache { get; init; }

    /// <summary>What the limit of its tasks is shared by, over nodes and runs; null for none.</summary>
    public string? LimitKey { get; init; }

    /// <summary>How many tasks of that key and the node's role may be in hand at once; 0 for no such limit.</summary>
    public int KeyLimit { get; init; }

    /// <summary>How many of its tasks may be in hand at once, whatever the rest of the cluster does; null for any number.</summary>
    public int? Window { get; init; }

    /// <summary>What it undoes; null for a node of the document.</summary>
    public PlanCompensation? Compensation { get; init; }

    /// <summary>The ways that lead to it, in the order of <c>depends_on</c>.</summary>
    public required ImmutableArray<PlanEdge> Edges { get; init; }

    /// <summary>The ways that lead on from it, by the position of where they lead.</summary>
    public required ImmutableArray<PlanExit> Exits { get; init; }

    /// <summary>Those of the ways out whose child is scattered over this node's batches.</summary>
    public ImmutableArray<PlanExit> ScatterExits { get; init; } = [];

    /// <summary>True when its edges follow from how its parents ended, also once it has opened.</summary>
    public bool EdgesFollowParents { get; internal init; }

    /// <summary>True when it opens in the step that accepts the run, whatever the run holds: this follows from the plan and need not be stored.</summary>
    public bool OpensWithRun => Edges.IsEmpty && NeedsWorker && When is null && Foreach is null && Cache is null;

    /// <summary>How many of its edges must have been taken before it opens; 0 for a node without edges.</summary>
    public required int FanIn { get; init; }

    /// <summary>What must hold when it is to open, or it is skipped; null for nothing.</summary>
    public Expression? When { get; init; }

    /// <summary>True: the failure of a parent that it reads from ends its input. False: it fails as well.</summary>
    public bool TakesFailureAsEnd { get; init; }

    /// <summary>The run's parameters with the node's laid over them, as JSON; null for none.</summary>
    public string? ParamsJson { get; init; }

    /// <summary>Where its input comes from; null: its handler decides.</summary>
    public InputPlan? Input { get; init; }

    /// <summary>Higher is leased first.</summary>
    public int Priority { get; init; }

    /// <summary>What a worker must offer to run its tasks, in the spelling of <see cref="PlacementTraits"/>; null for nothing.</summary>
    public string? Needs { get; init; }

    /// <summary>Retries, back-off and time-out of its tasks; the lease duration is the silo's.</summary>
    public required LeasePolicy Policy { get; init; }
}
