using System.Collections.Immutable;
using System.Text.Json;
using OrleansFlow.Decisions.Expressions;
using OrleansFlow.Decisions.Inputs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Decisions.Queues;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>One node of a compiled graph.</summary>
/// <remarks>A graph may have a hundred thousand of them: what few nodes have is in a part that the others share.</remarks>
public sealed record PlanNode
{
    private readonly PlanRarities _rarities = PlanRarities.None;

    /// <summary>Position in the document, 0-based.</summary>
    public required int Index { get; init; }

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Whose workers run it.</summary>
    public required string Role { get; init; }

    /// <summary>What it runs in the control plane instead of tasks; null for a node with a role.</summary>
    internal CoordinatorFunction? Function
    {
        get => _rarities.Function;
        init => _rarities = ReferenceEquals(_rarities.Function, value) ? _rarities : _rarities with { Function = value };
    }

    /// <summary>Whether workers run it.</summary>
    public bool NeedsWorker => Function is null && Gate is null && Child is null;

    /// <summary>The graph that each of its tasks runs; null for a node with a role or a function, and for a gate.</summary>
    public PlanChild? Child
    {
        get => _rarities.Child;
        init => _rarities = ReferenceEquals(_rarities.Child, value) ? _rarities : _rarities with { Child = value };
    }

    /// <summary>The gate that it is; null for a node with a role or a function.</summary>
    public PlanGate? Gate
    {
        get => _rarities.Gate;
        init => _rarities = ReferenceEquals(_rarities.Gate, value) ? _rarities : _rarities with { Gate = value };
    }

    /// <summary>The function's arguments.</summary>
    public JsonElement? Args
    {
        get => _rarities.Args;
        init => _rarities = _rarities.Args is null && value is null ? _rarities : _rarities with { Args = value };
    }

    /// <summary>How many tasks it has; of a scattered node, how many it may have.</summary>
    public required int TaskCount { get; init; }

    /// <summary>How it is scattered; null for a node with a fixed number of tasks.</summary>
    public PlanForeach? Foreach
    {
        get => _rarities.Foreach;
        init => _rarities = ReferenceEquals(_rarities.Foreach, value) ? _rarities : _rarities with { Foreach = value };
    }

    /// <summary>Where its outcome may come from instead of a worker; null for nowhere.</summary>
    public PlanCache? Cache
    {
        get => _rarities.Cache;
        init => _rarities = ReferenceEquals(_rarities.Cache, value) ? _rarities : _rarities with { Cache = value };
    }

    /// <summary>What the limit of its tasks is shared by, over nodes and runs; null for none.</summary>
    public string? LimitKey
    {
        get => _rarities.LimitKey;
        init => _rarities = _rarities.LimitKey == value ? _rarities : _rarities with { LimitKey = value };
    }

    /// <summary>How many tasks of that key and the node's role may be in hand at once; 0 for no such limit.</summary>
    public int KeyLimit
    {
        get => _rarities.KeyLimit;
        init => _rarities = _rarities.KeyLimit == value ? _rarities : _rarities with { KeyLimit = value };
    }

    /// <summary>How many of its tasks may be in hand at once, whatever the rest of the cluster does; null for any number.</summary>
    public int? Window
    {
        get => _rarities.Window;
        init => _rarities = _rarities.Window == value ? _rarities : _rarities with { Window = value };
    }

    /// <summary>What it undoes; null for a node of the document.</summary>
    public PlanCompensation? Compensation
    {
        get => _rarities.Compensation;
        init => _rarities = ReferenceEquals(_rarities.Compensation, value) ? _rarities : _rarities with { Compensation = value };
    }

    /// <summary>The ways that lead to it, in the order of <c>depends_on</c>.</summary>
    public required ImmutableArray<PlanEdge> Edges { get; init; }

    /// <summary>The ways that lead on from it, by the position of where they lead.</summary>
    public required ImmutableArray<PlanExit> Exits { get; init; }

    /// <summary>Those of the ways out whose child is scattered over this node's batches.</summary>
    public ImmutableArray<PlanExit> ScatterExits
    {
        get => _rarities.ScatterExits;
        init => _rarities = _rarities.ScatterExits == value ? _rarities : _rarities with { ScatterExits = value };
    }

    /// <summary>True when its edges follow from how its parents ended, also once it has opened.</summary>
    public bool EdgesFollowParents { get; internal init; }

    /// <summary>True when it opens in the step that accepts the run, whatever the run holds: this follows from the plan and need not be stored.</summary>
    public bool OpensWithRun => Edges.IsEmpty && NeedsWorker && When is null && Foreach is null && Cache is null;

    /// <summary>How many of its edges must have been taken before it opens; 0 for a node without edges.</summary>
    public required int FanIn { get; init; }

    /// <summary>What must hold when it is to open, or it is skipped; null for nothing.</summary>
    public Expression? When
    {
        get => _rarities.When;
        init => _rarities = ReferenceEquals(_rarities.When, value) ? _rarities : _rarities with { When = value };
    }

    /// <summary>True: the failure of a parent that it reads from ends its input. False: it fails as well.</summary>
    public bool TakesFailureAsEnd
    {
        get => _rarities.TakesFailureAsEnd;
        init => _rarities = _rarities.TakesFailureAsEnd == value ? _rarities : _rarities with { TakesFailureAsEnd = value };
    }

    /// <summary>The run's parameters with the node's laid over them, as JSON; null for none.</summary>
    public string? ParamsJson { get; init; }

    /// <summary>Where its input comes from; null: its handler decides.</summary>
    public InputPlan? Input
    {
        get => _rarities.Input;
        init => _rarities = ReferenceEquals(_rarities.Input, value) ? _rarities : _rarities with { Input = value };
    }

    /// <summary>Higher is leased first.</summary>
    public int Priority { get; init; }

    /// <summary>What a worker must offer to run its tasks, in the spelling of <see cref="PlacementTraits"/>; null for nothing.</summary>
    public string? Needs
    {
        get => _rarities.Needs;
        init => _rarities = _rarities.Needs == value ? _rarities : _rarities with { Needs = value };
    }

    /// <summary>Retries, back-off and time-out of its tasks; the lease duration is the silo's.</summary>
    public required LeasePolicy Policy { get; init; }
}
