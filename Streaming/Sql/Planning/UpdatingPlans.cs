using OrleansFlow.Sql.Plans;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>Which plans give rows that change.</summary>
internal static class UpdatingPlans
{
    /// <summary>Whether rows of a plan are taken back.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="isTable">Whether those of a table are, by its name.</param>
    public static bool IsUpdating(PlanNode plan, Func<string, bool> isTable) => plan switch
    {
        ScanNode scan => isTable(scan.Table),
        AggregateNode aggregate => WindowColumns.Of(aggregate).Count == 0,
        DistinctNode distinct => WindowColumns.Of(distinct).Count == 0,
        JoinNode join when WindowColumns.AreJoined(join) && !join.IsAsOf => false,
        JoinNode { Kind: JoinKind.Inner, IsAsOf: false } join => IsUpdating(join.Left, isTable) || IsUpdating(join.Right, isTable),
        JoinNode => true,
        SetOperationNode { Kind: SetOperationKind.Union, IsAll: false } operation => WindowColumns.Of(operation).Count == 0,
        _ => plan.Inputs.Any(input => IsUpdating(input, isTable)),
    };
}
