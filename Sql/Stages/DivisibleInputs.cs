using OrleansFlow.Sql.Plans;

namespace OrleansFlow.Sql.Stages;

/// <summary>
/// Inputs of a fragment whose rows may be divided among tasks anyhow, while every task reads the other inputs whole: all that is done to their rows is done
/// to each alone, or to each together with all rows of something else.
/// </summary>
internal static class DivisibleInputs
{
    /// <summary>Names of these inputs.</summary>
    public static IReadOnlySet<string> Of(PlanNode root)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (!VolatileFunctions.Occur(root))
        {
            // Of a stage with more than one task the order, or the first rows, are those of each task.
            Collect(root is SortNode { Offset: null } sort ? sort.Input : root, names);
        }

        // An input that is read in two places has its rows meet themselves.
        foreach (var repeated in root.SelfAndInputs().OfType<InputNode>().GroupBy(input => input.Name).Where(group => group.Count() > 1))
        {
            names.Remove(repeated.Key);
        }

        return names;
    }

    private static void Collect(PlanNode node, HashSet<string> names)
    {
        switch (node)
        {
            case InputNode input:
                names.Add(input.Name);
                break;
            case FilterNode or ProjectNode or UnnestNode:
                Collect(node.Inputs[0], names);
                break;
            case JoinNode join:
                if (join.Kind is JoinKind.Inner or JoinKind.Left or JoinKind.Semi or JoinKind.Anti or JoinKind.Mark or JoinKind.Single)
                {
                    Collect(join.Left, names);
                }

                if (join.Kind is JoinKind.Inner or JoinKind.Right && !join.IsAsOf)
                {
                    Collect(join.Right, names);
                }

                break;
        }
    }
}
