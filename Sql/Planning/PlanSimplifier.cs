using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Planning;

/// <summary>
/// Replaces forms that DuckDB needs only because it does not look, or that would hinder distribution. Every rule keeps the answer, errors included.
/// </summary>
internal static class PlanSimplifier
{
    public static PlanNode Simplify(PlanNode plan)
    {
        var node = plan.Inputs.Count == 0 ? plan : plan.WithInputs(plan.Inputs.Map(Simplify));
        return node switch
        {
            // A sub-query as a value is guarded against a second row; an aggregate without groups has none.
            AggregateNode { Groups.Count: 0, GroupingSets.Count: 0, Aggregates.Count: > 0 } guard
                when IsOneRow(guard.Input) && guard.Aggregates.All(IsGuard) =>
                new ProjectNode(guard.Input, guard.Aggregates.Map(call => call.Arguments.Count == 0 ? One : call.Arguments[0])),

            // One row of the right side at most: then a left join says the same, and both sides can be sent by their keys.
            JoinNode { Kind: JoinKind.Single, Residual: null } single
                when IsUnique(single.Right, [.. single.Conditions.Where(condition => condition.IsEquality).Select(condition => condition.Right)]) =>
                single with { Kind = JoinKind.Left },
            ProjectNode { Input: ProjectNode inner } outer when IsColumns(outer) || IsColumns(inner) =>
                new ProjectNode(inner.Input, outer.Values.Map(value => value.MapColumns(column => inner.Values[column.Index]))),
            ProjectNode project when project.Values.Count == project.Input.Types.Count
                && project.Values.Select((value, index) => value is ColumnReference column && column.Index == index).All(same => same) => project.Input,
            CteNode cte => Inline(cte),
            _ => node,
        };
    }

    /// <summary>Whether there is exactly one row, whatever the tables hold.</summary>
    public static bool IsOneRow(PlanNode node) => node switch
    {
        AggregateNode { GroupingSets.Count: 0 } => true,
        ValuesNode values => values.Rows.Count == 1,
        ProjectNode project => IsOneRow(project.Input),
        _ => false,
    };

    private static ConstantExpression One => new("CAST(1 AS BIGINT)", false, SqlType.BigInt);

    private static bool IsGuard(AggregateCall call) =>
        call is { Filter: null, IsDistinct: false, Orders.Count: 0, Constants.Count: 0 }
        && (call is { Name: "first", Arguments.Count: 1 } || call is { Name: "count", Arguments.Count: 0 });

    private static bool IsColumns(ProjectNode project) => project.Values.All(value => value is ColumnReference);

    /// <summary>Whether no two rows have the same values of the keys, NULL being equal to NULL.</summary>
    private static bool IsUnique(PlanNode node, IReadOnlyList<ScalarExpression> keys)
    {
        var columns = keys.OfType<ColumnReference>().Select(column => column.Index).ToHashSet();
        return node switch
        {
            AggregateNode aggregate => aggregate.IsPlain && Enumerable.Range(0, aggregate.Groups.Count).All(columns.Contains),
            DistinctNode { Targets.Count: 0 } distinct => Enumerable.Range(0, distinct.Types.Count).All(columns.Contains),
            ProjectNode project => IsUnique(project.Input, [.. columns.Select(column => project.Values[column])]),
            FilterNode filter => IsUnique(filter.Input, keys),
            JoinNode { Kind: JoinKind.Left or JoinKind.Semi or JoinKind.Anti or JoinKind.Mark or JoinKind.Single } join => IsUniqueLeft(join, columns),
            JoinNode { Kind: JoinKind.Inner } join => IsUniqueLeft(join, columns),
            _ => false,
        };
    }

    // The left rows are unique, and each meets one right row at most.
    private static bool IsUniqueLeft(JoinNode join, HashSet<int> columns)
    {
        var leftCount = join.Left.Types.Count;
        var left = columns.Where(column => column < leftCount).Select(column => (ScalarExpression)new ColumnReference(column, join.Left.Types[column]));
        return IsUnique(join.Left, [.. left])
            && (join.Kind is not (JoinKind.Inner or JoinKind.Left)
                || IsUnique(join.Right, [.. join.Conditions.Where(condition => condition.IsEquality).Select(condition => condition.Right)])
                || (join.Conditions.Count == 0 && join.Residual is null && IsOneRow(join.Right)));
    }

    /// <summary>A result that is read once is computed where it is read; one that nobody reads is not computed.</summary>
    private static PlanNode Inline(CteNode cte)
    {
        var reads = cte.Body.SelfAndInputs().Count(node => node is CteReferenceNode reference && reference.Id == cte.Id);

        // Inside of a recursion one read may be many.
        return reads == 0 || (reads == 1 && !cte.Body.SelfAndInputs().Any(node => node is RecursiveNode))
            ? Replace(cte.Body, cte.Id, cte.Definition)
            : cte;
    }

    private static PlanNode Replace(PlanNode node, int id, PlanNode definition) =>
        node is CteReferenceNode reference && reference.Id == id ? definition
        : node.Inputs.Count == 0 ? node
        : node.WithInputs(node.Inputs.Map(input => Replace(input, id, definition)));
}
