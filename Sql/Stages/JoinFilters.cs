using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Stages;

/// <summary>Finds the inputs of a fragment whose rows a join drops when another input has no row with the same values.</summary>
internal static class JoinFilters
{
    /// <summary>All of them; those that a residual condition or another key would allow too are fine, as a filter only has to leave in what may match.</summary>
    public static IReadOnlyList<JoinFilter> Of(PlanNode root)
    {
        if (VolatileFunctions.Occur(root))
        {
            return [];
        }

        // Of an input that is read in two places one may need the rows that the other does not.
        var repeated = root.SelfAndInputs().OfType<InputNode>().GroupBy(input => input.Name).Where(group => group.Count() > 1).Select(group => group.Key).ToHashSet();
        return
        [
            .. root.SelfAndInputs().OfType<JoinNode>().Where(join => !join.IsAsOf).SelectMany(OfJoin)
                .GroupBy(found => (found.From, found.To))
                .Where(group => group.Key.From != group.Key.To && !repeated.Contains(group.Key.To))
                .Select(group => new JoinFilter(group.Key.From, group.Key.To, [.. group.Select(found => found.Key).Distinct()])),
        ];
    }

    private static IEnumerable<(string From, string To, JoinFilterKey Key)> OfJoin(JoinNode join)
    {
        // NULL = NULL is no match, while IS NOT DISTINCT FROM is one; and of a mark every row of the right side may change the answer.
        foreach (var condition in join.Conditions)
        {
            if (condition is not { Kind: ComparisonKind.Equal, Left: ColumnReference left, Right: ColumnReference right } || left.Type != right.Type)
            {
                continue;
            }

            if (join.Kind is JoinKind.Inner or JoinKind.Left or JoinKind.Semi or JoinKind.Anti
                && Values(join.Left, left.Index) is { } leftValues && Rows(join.Right, right.Index) is { } rightRows)
            {
                yield return (leftValues.Name, rightRows.Name, new JoinFilterKey(leftValues.Column, rightRows.Column, left.Type.ToString()));
            }

            if (join.Kind is JoinKind.Inner or JoinKind.Right or JoinKind.Semi
                && Values(join.Right, right.Index) is { } rightValues && Rows(join.Left, left.Index) is { } leftRows)
            {
                yield return (rightValues.Name, leftRows.Name, new JoinFilterKey(rightValues.Column, leftRows.Column, left.Type.ToString()));
            }
        }
    }

    /// <summary>The input column of whose rows each gives its own rows here, with this column as it is there: leaving a row out leaves out only its own.</summary>
    private static (string Name, int Column)? Rows(PlanNode node, int column) => node switch
    {
        InputNode input => (input.Name, column),
        FilterNode filter => Rows(filter.Input, column),
        ProjectNode project => project.Values[column] is ColumnReference reference ? Rows(project.Input, reference.Index) : null,
        JoinNode { IsAsOf: false } join when column < join.Left.Types.Count =>
            join.Kind is JoinKind.Inner or JoinKind.Left or JoinKind.Semi or JoinKind.Anti or JoinKind.Mark or JoinKind.Single ? Rows(join.Left, column) : null,
        JoinNode { IsAsOf: false, Kind: JoinKind.Inner or JoinKind.Right } join => Rows(join.Right, column - join.Left.Types.Count),
        _ => null,
    };

    /// <summary>The input column that has all values of this one, NULL aside.</summary>
    private static (string Name, int Column)? Values(PlanNode node, int column) => node switch
    {
        InputNode input => (input.Name, column),
        FilterNode or DistinctNode or SortNode or SampleNode => Values(node.Inputs[0], column),
        WindowNode or UnnestNode when column < node.Inputs[0].Types.Count => Values(node.Inputs[0], column),
        ProjectNode project => project.Values[column] is ColumnReference reference ? Values(project.Input, reference.Index) : null,
        AggregateNode aggregate => column < aggregate.Groups.Count && aggregate.Groups[column] is ColumnReference reference ? Values(aggregate.Input, reference.Index) : null,
        JoinNode join when column < join.Left.Types.Count => Values(join.Left, column),
        JoinNode { Kind: not JoinKind.Mark } join => Values(join.Right, column - join.Left.Types.Count),
        _ => null,
    };
}
