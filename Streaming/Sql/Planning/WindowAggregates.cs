using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>Which of the engine's aggregates windows compute by themselves.</summary>
internal static class WindowAggregates
{
    private static readonly Dictionary<string, WindowAggregateKind> Kinds = new(StringComparer.OrdinalIgnoreCase)
    {
        ["count"] = WindowAggregateKind.Count,
        ["count_star"] = WindowAggregateKind.Count,
        ["sum"] = WindowAggregateKind.Sum,
        ["sum_no_overflow"] = WindowAggregateKind.Sum,
        ["avg"] = WindowAggregateKind.Average,
        ["mean"] = WindowAggregateKind.Average,
        ["min"] = WindowAggregateKind.Min,
        ["max"] = WindowAggregateKind.Max,
        ["var_pop"] = WindowAggregateKind.VariancePopulation,
        ["var_samp"] = WindowAggregateKind.VarianceSample,
        ["variance"] = WindowAggregateKind.VarianceSample,
        ["stddev_pop"] = WindowAggregateKind.DeviationPopulation,
        ["stddev_samp"] = WindowAggregateKind.DeviationSample,
        ["stddev"] = WindowAggregateKind.DeviationSample,
        ["bool_and"] = WindowAggregateKind.And,
        ["bool_or"] = WindowAggregateKind.Or,
    };

    /// <summary>Whether windows compute it from partial results. All others need the rows.</summary>
    public static bool IsKnown(AggregateCall call) =>
        call.Arguments.Count <= 1 && call.Constants.Count == 0 && Kinds.ContainsKey(call.Name)
        && (!call.IsDistinct || call.Name is "min" or "max" or "bool_and" or "bool_or");

    /// <summary>The aggregate of a call that is known.</summary>
    public static WindowAggregateKind KindOf(AggregateCall call) => Kinds[call.Name];

    /// <summary>That sessions, whose ends are not known row by row, do not compute it.</summary>
    public static FlowException NotInSessions(AggregateCall call) => new(
        FlowErrorCode.Unsupported,
        $"The aggregate {call.Name}{(call.IsDistinct ? "(DISTINCT ...)" : "")} is not computed in sessions; there are: {string.Join(", ", Kinds.Keys.Order(StringComparer.Ordinal))}.");
}
