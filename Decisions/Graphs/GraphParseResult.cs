using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>A compiled graph, or everything that is wrong with its document.</summary>
public sealed class GraphParseResult
{
    internal GraphParseResult(GraphDefinition definition, GraphPlan plan)
    {
        Definition = definition;
        Plan = plan;
        Problems = [];
    }

    internal GraphParseResult(ImmutableArray<FlowProblem> problems, GraphDefinition? definition = null)
    {
        Problems = problems;
        Definition = definition;
    }

    /// <summary>True when the document is right; then <see cref="Plan"/> and <see cref="Definition"/> are set.</summary>
    [MemberNotNullWhen(true, nameof(Definition), nameof(Plan))]
    public bool IsValid => Plan is not null;

    /// <summary>The document as written, with defaults filled in; what could be read of it when it is wrong, null when nothing could.</summary>
    public GraphDefinition? Definition { get; }

    /// <summary>The compiled graph.</summary>
    public GraphPlan? Plan { get; }

    /// <summary>Every problem of the document (at most <see cref="GraphLimits.ProblemCountMax"/>), in the document's order.</summary>
    public ImmutableArray<FlowProblem> Problems { get; }

    /// <summary>The input adapters that the document names and that not every worker has, in ordinal order; known also when the document is wrong.</summary>
    public ImmutableArray<string> ForeignAdapters { get; internal init; } = [];

    /// <summary>The plan.</summary>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadGraph"/> with every problem.</exception>
    public GraphPlan RequirePlan() => IsValid ? Plan : throw new FlowException(FlowErrorCode.BadGraph, Problems);
}
