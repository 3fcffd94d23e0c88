using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Stages;

/// <summary>Whether a fragment that runs again over the same rows, come in any order, makes the same rows.</summary>
internal static class RepeatableRows
{
    // Whole numbers only: others are added up in the order in which they come, and rounded on the way.
    private static readonly HashSet<string> Exact = new(StringComparer.OrdinalIgnoreCase)
    {
        "count", "count_star", "min", "max", "bool_and", "bool_or", "bit_and", "bit_or", "bit_xor", "sum", "sum_no_overflow",
    };

    /// <summary>Whether it does. False where that is not sure.</summary>
    public static bool AreMadeBy(PlanNode plan) => plan.SelfAndInputs().All(IsRepeatable);

    private static bool IsRepeatable(PlanNode node) => !VolatileFunctions.OccurIn(node) && node switch
    {
        // Which rows are the first ones is open where the order leaves ties, and an order of all columns is too rare to look for.
        SortNode sort => sort.Limit is null && sort.Offset is null,
        DistinctNode distinct => distinct.Targets.Count == 0,
        WindowNode => false,
        AggregateNode aggregate => aggregate.Aggregates.All(IsExact),
        JoinNode join => !join.IsAsOf,
        _ => true,
    };

    private static bool IsExact(AggregateCall call) =>
        Exact.Contains(call.Name) && (!call.Name.StartsWith("sum", StringComparison.OrdinalIgnoreCase) || call.Type.ToString() is not ("DOUBLE" or "FLOAT"));
}
