using OrleansFlow.Sql.Plans;

namespace OrleansFlow.Sql.Stages;

/// <summary>
/// Finds the operators that drop repeated rows where repeats do no harm: below the side of a semi, anti or mark join that is only looked up. There each
/// task may drop its own repeats, without hearing of others.
/// </summary>
internal static class LooseDistincts
{
    /// <summary>The operators below one whose rows may be repeated, itself included.</summary>
    public static IEnumerable<PlanNode> Below(PlanNode node)
    {
        switch (node)
        {
            case AggregateNode { Aggregates.Count: 0, Groups.Count: > 0, GroupingNumbers.Count: 0, IsPlain: true } distinct:
                return Below(distinct.Input).Prepend(distinct);
            case DistinctNode { Targets.Count: 0 } distinct:
                return Below(distinct.Input).Prepend(distinct);
            case FilterNode or ProjectNode when !VolatileFunctions.OccurIn(node):
                return Below(node.Inputs[0]);
            case JoinNode { Kind: JoinKind.Inner or JoinKind.Left, IsAsOf: false } join:
                return Below(join.Left).Concat(Below(join.Right));

            // The other side is looked at when that join is cut.
            case JoinNode { Kind: JoinKind.Semi or JoinKind.Anti or JoinKind.Mark } join:
                return Below(join.Left);
            case SetOperationNode { Kind: SetOperationKind.Union } union:
                return union.Inputs.SelectMany(Below);
            default:
                return [];
        }
    }
}
