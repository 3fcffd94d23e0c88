using System.Text.Json;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Reading;

/// <content>Joins, of plain ones to those that stand for sub-queries.</content>
internal sealed partial class PlanReader
{
    private PlanNode ReadJoin(JsonElement element, bool isAsOf) =>
        Join(element, Child(element, 0), Child(element, 1), isAsOf);

    private PlanNode ReadAnyJoin(JsonElement element)
    {
        element.ThrowIfUnknown(JoinProperties);
        var left = Child(element, 0);
        var right = Child(element, 1);
        var condition = _expressions.Read(element.GetProperty("condition"));
        var kind = Kind(element.Text("join_type"), out var isFlipped);
        if (isFlipped)
        {
            (left, right) = (right, left);
            var (leftCount, rightCount) = (left.Types.Count, right.Types.Count);
            condition = condition.MapColumns(column =>
                column with { Index = column.Index < rightCount ? column.Index + leftCount : column.Index - rightCount });
        }

        return NarrowJoin(element, SplitResidual(new JoinNode(kind, left, right, []) { Residual = condition }), isFlipped);
    }

    /// <summary>
    /// Takes equalities of one side's value with the other side's out of a free condition: by them rows can be found, and sent to where they meet.
    /// </summary>
    private static JoinNode SplitResidual(JoinNode join)
    {
        if (join.Kind is JoinKind.Mark or JoinKind.Single)
        {
            return join;
        }

        var leftCount = join.Left.Types.Count;
        var found = new List<JoinCondition>();
        var rest = new List<ScalarExpression>();
        var parts = join.Residual is ConjunctionExpression { IsOr: false } all ? all.Conditions : [join.Residual!];
        foreach (var part in parts)
        {
            if (part is ComparisonExpression { Kind: ComparisonKind.Equal or ComparisonKind.NotDistinctFrom } comparison
                && Sides(comparison, leftCount) is { } condition)
            {
                found.Add(condition);
            }
            else
            {
                rest.Add(part);
            }
        }

        return join with
        {
            Conditions = new([.. found]),
            Residual = rest.Count switch { 0 => null, 1 => rest[0], _ => new ConjunctionExpression(false, new([.. rest])) },
        };
    }

    private static JoinCondition? Sides(ComparisonExpression comparison, int leftCount)
    {
        var left = comparison.Left.Columns();
        var right = comparison.Right.Columns();
        if (left.Count == 0 || right.Count == 0)
        {
            return null;
        }

        return left.All(column => column < leftCount) && right.All(column => column >= leftCount)
            ? new JoinCondition(comparison.Left, comparison.Right.Shift(-leftCount), comparison.Kind)
            : right.All(column => column < leftCount) && left.All(column => column >= leftCount)
            ? new JoinCondition(comparison.Right, comparison.Left.Shift(-leftCount), comparison.Kind)
            : null;
    }

    /// <summary>
    /// A correlated sub-query: one side is computed, and the other side runs once for each different combination of some of its columns.
    /// Becomes a shared result, its different combinations, and a plain join.
    /// </summary>
    private CteNode ReadDelimJoin(JsonElement element)
    {
        var isFlipped = element.Flag("delim_flipped");
        var shared = Child(element, isFlipped ? 1 : 0);
        var id = _nextCte++;
        _delims.Push((id, _expressions.ReadAll(element.Items("duplicate_eliminated_columns"))));
        _delimTypes[id] = shared.Types;
        var other = Child(element, isFlipped ? 0 : 1);
        _delims.Pop();
        var reference = new CteReferenceNode(id, shared.Types);
        return new CteNode(id, shared, Join(element, isFlipped ? other : reference, isFlipped ? reference : other, isAsOf: false));
    }

    private readonly Dictionary<int, ValueList<SqlType>> _delimTypes = [];

    private AggregateNode ReadDelimGet()
    {
        if (!_delims.TryPeek(out var delim))
        {
            throw new PlanReadException("a correlated read outside of a correlated sub-query");
        }

        return AggregateNode.Plain(new CteReferenceNode(delim.Id, _delimTypes[delim.Id]), delim.Columns, []);
    }

    private static readonly string[] JoinProperties =
    [
        "children", "join_type", "mark_index", "mark_types", "left_projection_map", "right_projection_map", "conditions", "condition",
        "duplicate_eliminated_columns", "delim_flipped",
    ];

    private PlanNode Join(JsonElement element, PlanNode left, PlanNode right, bool isAsOf)
    {
        element.ThrowIfUnknown(JoinProperties);
        var kind = Kind(element.Text("join_type"), out var isFlipped);
        var conditions = element.Items("conditions").Select(condition => ReadCondition(condition, isFlipped)).ToArray();
        if (isFlipped)
        {
            (left, right) = (right, left);
        }

        return NarrowJoin(element, new JoinNode(kind, left, right, new(conditions)) { IsAsOf = isAsOf }, isFlipped);
    }

    private JoinCondition ReadCondition(JsonElement element, bool isFlipped)
    {
        if (element.Object("left") is not { } leftElement || element.Object("right") is not { } rightElement)
        {
            throw new PlanReadException("a join condition that is no comparison");
        }

        var left = _expressions.Read(leftElement);
        var right = _expressions.Read(rightElement);
        var kind = ExpressionReader.ReadComparison(element.Text("comparison"));
        return isFlipped ? new JoinCondition(right, left, kind.Turned()) : new JoinCondition(left, right, kind);
    }

    /// <param name="name">DuckDB's name of the join.</param>
    /// <param name="isFlipped">Whether the sides change places: a semi join that keeps the right side.</param>
    private static JoinKind Kind(string name, out bool isFlipped)
    {
        isFlipped = name is "RIGHT_SEMI" or "RIGHT_ANTI";
        return name switch
        {
            "INNER" => JoinKind.Inner,
            "LEFT" => JoinKind.Left,
            "RIGHT" => JoinKind.Right,
            "OUTER" or "FULL" => JoinKind.Full,
            "SEMI" or "RIGHT_SEMI" => JoinKind.Semi,
            "ANTI" or "RIGHT_ANTI" => JoinKind.Anti,
            "MARK" => JoinKind.Mark,
            "SINGLE" => JoinKind.Single,
            _ => throw new PlanReadException($"the join {name} is not known"),
        };
    }

    /// <summary>The columns that are still wanted of each side.</summary>
    private static PlanNode NarrowJoin(JsonElement element, JoinNode join, bool isFlipped)
    {
        var leftMap = Positions(element, isFlipped ? "right_projection_map" : "left_projection_map");
        var rightMap = Positions(element, isFlipped ? "left_projection_map" : "right_projection_map");
        var leftCount = join.Left.Types.Count;
        var columns = new List<int>(leftMap.Length > 0 ? leftMap : Enumerable.Range(0, leftCount));
        if (join.Kind is JoinKind.Mark)
        {
            columns.Add(leftCount);
        }
        else if (join.Kind is not (JoinKind.Semi or JoinKind.Anti))
        {
            columns.AddRange((rightMap.Length > 0 ? rightMap : Enumerable.Range(0, join.Right.Types.Count)).Select(column => column + leftCount));
        }

        return ProjectNode.Select(join, columns);
    }
}
