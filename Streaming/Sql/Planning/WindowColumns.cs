using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>Which columns of a plan hold the window that its rows are of: then all rows of one window have one event time, its last microsecond.</summary>
internal static class WindowColumns
{
    /// <summary>Places of the columns.</summary>
    public static IReadOnlySet<int> Of(PlanNode plan)
    {
        switch (plan)
        {
            case FilterNode or UnnestNode or WindowNode or LookupNode:
                return Of(plan.Inputs[0]);
            case DistinctNode { Targets.Count: 0 }:
                return Of(plan.Inputs[0]);
            case ProjectNode project:
                var input = Of(project.Input);
                return Places(project.Values, value => IsOne(value, input));
            case WindowedScanNode scan:
                return scan.Windows;
            case AssignWindowNode assign:
                return new HashSet<int> { assign.Types.Count - 1 };
            case AggregateNode aggregate:
                var before = Of(aggregate.Input);
                return Places(aggregate.Groups, group => WindowCalls.IsWindow(group) || IsOne(group, before));
            case JoinNode join:
                return OfJoin(join);
            case SetOperationNode operation:
                var all = operation.Inputs.Select(Of).ToList();
                return all[0].Where(place => all.TrueForAll(one => one.Contains(place))).ToHashSet();
            default:
                return new HashSet<int>();
        }
    }

    /// <summary>Whether a value is the window of a row.</summary>
    /// <param name="value">Over a plan's columns.</param>
    /// <param name="windows">Those of them that hold it.</param>
    public static bool IsOne(ScalarExpression value, IReadOnlySet<int> windows) => value switch
    {
        ColumnReference column => windows.Contains(column.Index),
        CastExpression cast => cast.Type == cast.Input.Type && IsOne(cast.Input, windows),
        _ => false,
    };

    /// <summary>Whether both sides of a join have windows, and rows of one window meet.</summary>
    public static bool AreJoined(JoinNode join)
    {
        var (left, right) = (Of(join.Left), Of(join.Right));
        return join.Conditions.Any(condition => IsEquality(condition, left, right));
    }

    /// <summary>Whether a condition of a join says that the window is the same.</summary>
    public static bool IsEquality(JoinCondition condition, IReadOnlySet<int> left, IReadOnlySet<int> right) =>
        condition.IsEquality && IsOne(condition.Left, left) && IsOne(condition.Right, right);

    // A side that is filled up with nulls has no window there.
    private static HashSet<int> OfJoin(JoinNode join)
    {
        var found = new HashSet<int>();
        if (!AreJoined(join))
        {
            return found;
        }

        if (join.Kind is JoinKind.Inner or JoinKind.Left or JoinKind.Semi or JoinKind.Anti)
        {
            found.UnionWith(Of(join.Left));
        }

        if (join.Kind is JoinKind.Inner or JoinKind.Right)
        {
            found.UnionWith(Of(join.Right).Select(place => place + join.Left.Types.Count));
        }

        return found;
    }

    private static HashSet<int> Places(ValueList<ScalarExpression> values, Func<ScalarExpression, bool> isOne)
    {
        var found = new HashSet<int>();
        for (var place = 0; place < values.Count; place++)
        {
            if (isOne(values[place]))
            {
                found.Add(place);
            }
        }

        return found;
    }
}
