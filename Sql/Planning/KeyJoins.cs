using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Planning;

/// <summary>
/// Inner joins with a set of different keys, as sub-queries that look at an outer row become: they only choose rows of the other side, so they are semi joins,
/// and the keys need not be different any more.
/// </summary>
internal static class KeyJoins
{
    /// <summary>The plan with such joins as semi joins.</summary>
    public static PlanNode Apply(PlanNode plan) => plan switch
    {
        // DuckDB 1.5.6 fails inside when it removes a window over a semi join ("expression type mismatch" in TopNWindowElimination), and does not take a
        // semi join in the sub-query that a single join becomes.
        WindowNode => plan,
        JoinNode { Kind: JoinKind.Single } single => single with { Left = Apply(single.Left) },
        JoinNode { Kind: JoinKind.Inner } join => Choose(join with { Left = Apply(join.Left), Right = Apply(join.Right) }),
        _ => plan.Inputs.Count == 0 ? plan : plan.WithInputs(plan.Inputs.Map(Apply)),
    };

    /// <summary>The same rows by a semi join; the join itself when it does more than choose.</summary>
    private static PlanNode Choose(JoinNode join)
    {
        if (join.Residual is not null || join.IsAsOf)
        {
            return join;
        }

        if (TryKeys(join.Right, join.Conditions) is { } left)
        {
            var kept = new JoinNode(JoinKind.Semi, join.Left, join.Right, join.Conditions);
            return new ProjectNode(kept, [.. kept.References(), .. left]);
        }

        var turned = join.Conditions.Map(condition => new JoinCondition(condition.Right, condition.Left, condition.Kind.Turned()));
        if (TryKeys(join.Left, turned) is { } right)
        {
            var kept = new JoinNode(JoinKind.Semi, join.Right, join.Left, turned);
            return new ProjectNode(kept, [.. right, .. kept.References()]);
        }

        return join;
    }

    /// <summary>The columns of the other side that hold what the keys hold, for each key; null when they are no keys, or not all of them are compared.</summary>
    private static ColumnReference[]? TryKeys(PlanNode keys, ValueList<JoinCondition> conditions)
    {
        var distinct = keys;
        while (distinct is ProjectNode project && IsReordered(project))
        {
            distinct = project.Input;
        }

        if (distinct is not AggregateNode { Aggregates.Count: 0, Groups.Count: > 0, GroupingNumbers.Count: 0, IsPlain: true })
        {
            return null;
        }

        var same = new ColumnReference[keys.Types.Count];
        for (var column = 0; column < same.Length; column++)
        {
            var equal = conditions.FirstOrDefault(condition => condition.IsEquality && condition.Right is ColumnReference right && right.Index == column);
            if (equal?.Left is not ColumnReference left || !left.Type.IsComparedByBytes || left.Type != keys.Types[column])
            {
                return null;
            }

            same[column] = left;
        }

        return same;
    }

    // Every column of the input, once: then different rows stay different.
    private static bool IsReordered(ProjectNode project) =>
        project.Values.All(value => value is ColumnReference)
        && project.Values.Cast<ColumnReference>().Select(column => column.Index).Distinct().Count() == project.Input.Types.Count;
}
