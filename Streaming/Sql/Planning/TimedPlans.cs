using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>Plans of what keeps nothing between rows, with what each row carries along behind its columns: whether it is taken back, if rows are, and its event time.</summary>
internal static class TimedPlans
{
    /// <summary>Type of event times in the engine.</summary>
    public static readonly SqlType TimeType = new("TIMESTAMP");

    /// <summary>What rows carry along.</summary>
    /// <param name="isUpdating">Whether rows are taken back.</param>
    public static ValueList<SqlType> Carried(bool isUpdating) => isUpdating ? [SqlType.Boolean, TimeType] : [TimeType];

    /// <summary>The node that such a part of a plan reads.</summary>
    public static PlanNode LeafOf(PlanNode plan) => plan is FilterNode or ProjectNode or UnnestNode ? LeafOf(plan.Inputs[0]) : plan;

    /// <summary>The part over rows that another operator makes.</summary>
    /// <param name="plan">The part, with its leaf.</param>
    /// <param name="leaf">What takes the leaf's place: its columns, then what they carry.</param>
    /// <param name="carried">How many columns they carry.</param>
    public static PlanNode Over(PlanNode plan, PlanNode leaf, int carried)
    {
        switch (plan)
        {
            case FilterNode filter:
                return filter with { Input = Over(filter.Input, leaf, carried) };
            case ProjectNode project:
                var projected = Over(project.Input, leaf, carried);
                return new ProjectNode(projected, [.. project.Values, .. Last(projected, carried)]);
            case UnnestNode unnest:
                // What is carried stands before the lists' items, and has to be behind them.
                var opened = Over(unnest.Input, leaf, carried);
                return Behind(unnest with { Input = opened }, opened.Types.Count - carried, carried);
            default:
                return leaf;
        }
    }

    /// <summary>The same columns, with some of them behind all others.</summary>
    /// <param name="node">The rows.</param>
    /// <param name="first">The first one of them.</param>
    /// <param name="count">How many.</param>
    public static PlanNode Behind(PlanNode node, int first, int count) => ProjectNode.Select(
        node, [.. Enumerable.Range(0, first), .. Enumerable.Range(first + count, node.Types.Count - first - count), .. Enumerable.Range(first, count)]);

    /// <summary>A scan over the rows of its table as they come: all columns in order, then what they carry along.</summary>
    public static PlanNode Scan(ScanNode scan, IReadOnlyList<string> columns, ValueList<SqlType> types, string view, bool isUpdating)
    {
        var carried = Carried(isUpdating);
        var input = new InputNode(view, [.. types, .. carried]);
        var values = scan.Columns.Select((name, place) => name is null ? ConstantExpression.Null(scan.Types[place])
            : name == EventTime.Column ? Last(input, 1).First()
            : (ScalarExpression)new ColumnReference(PlaceOf(columns, name), scan.Types[place]));
        return new ProjectNode(input, [.. values, .. Last(input, carried.Count)]);
    }

    private static int PlaceOf(IReadOnlyList<string> columns, string name)
    {
        for (var i = 0; i < columns.Count; i++)
        {
            if (string.Equals(columns[i], name, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        throw new InvalidOperationException($"The plan reads a column '{name}' that its table does not have.");
    }

    private static IEnumerable<ScalarExpression> Last(PlanNode node, int count) =>
        Enumerable.Range(node.Types.Count - count, count).Select(place => new ColumnReference(place, node.Types[place]));
}
