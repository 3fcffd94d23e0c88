using System.Collections.Immutable;
using System.Text.Json;
using OrleansFlow.Decisions.Expressions;
using OrleansFlow.Decisions.Inputs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>What few nodes of a graph have; what each means is said at <see cref="PlanNode"/>.</summary>
internal sealed record PlanRarities
{
    public static readonly PlanRarities None = new();

    public CoordinatorFunction? Function { get; init; }

    public PlanChild? Child { get; init; }

    public PlanGate? Gate { get; init; }

    public JsonElement? Args { get; init; }

    public PlanForeach? Foreach { get; init; }

    public PlanCache? Cache { get; init; }

    public string? LimitKey { get; init; }

    public int KeyLimit { get; init; }

    public int? Window { get; init; }

    public PlanCompensation? Compensation { get; init; }

    public ImmutableArray<PlanExit> ScatterExits { get; init; } = [];

    public Expression? When { get; init; }

    public bool TakesFailureAsEnd { get; init; }

    public InputPlan? Input { get; init; }

    public string? Needs { get; init; }
}
