using System.Globalization;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;
using OrleansFlow.Sql.Rendering;

namespace OrleansFlow.Sql.Stages;

/// <summary>What a filter over a scan says of the rows that are wanted, for whoever reads the table.</summary>
internal static class ScanConditions
{
    /// <summary>One for each condition of the filter that reads columns and is the same each time.</summary>
    public static IReadOnlyList<ScanCondition> Of(FilterNode filter, ScanNode scan)
    {
        var conditions = new List<ScanCondition>();
        foreach (var condition in filter.Conditions)
        {
            var columns = condition.Columns().ToArray();
            if (columns.Length == 0 || columns.Any(column => scan.Columns[column] is null) || VolatileFunctions.Occur(condition))
            {
                continue;
            }

            string Place(int column) => Array.IndexOf(columns, column).ToString(CultureInfo.InvariantCulture);
            conditions.Add(new ScanCondition(
                [.. columns.Select(column => scan.Columns[column]!)], ExpressionRenderer.Render(condition, column => $"c{Place(column)}"), Range(condition, Place))
            {
                Test = ScanTests.Of(condition, column => scan.Columns[column]!),
            });
        }

        return conditions;
    }

    private static string? Range(ScalarExpression condition, Func<int, string> place) => condition switch
    {
        ComparisonExpression comparison => Compare(comparison, place),
        ConjunctionExpression { IsOr: false } all => Join(all.Conditions.Select(part => Range(part, place)).OfType<string>(), " AND "),
        ConjunctionExpression any => All(any.Conditions.Select(part => Range(part, place))),
        OperatorExpression { Kind: OperatorKind.IsNull, Operands: [ColumnReference column] } => $"nulls{place(column.Index)} > 0",
        OperatorExpression { Kind: OperatorKind.IsNotNull, Operands: [ColumnReference column] } => $"nulls{place(column.Index)} < n",
        FunctionExpression { Name: "prefix" or "starts_with" or "^@", Arguments: [ColumnReference column, ConstantExpression { IsNull: false } start] } =>
            $"(hi{place(column.Index)} >= {start.Sql} AND left(lo{place(column.Index)}, length({start.Sql})) <= {start.Sql} AND nulls{place(column.Index)} < n)",
        OperatorExpression { Kind: OperatorKind.In } list =>
            All(list.Operands.Skip(1).Select(item => Compare(new ComparisonExpression(ComparisonKind.Equal, list.Operands[0], item), place))),
        _ => null,
    };

    private static string? Compare(ComparisonExpression comparison, Func<int, string> place)
    {
        if (IsConstant(comparison.Left) && !IsConstant(comparison.Right))
        {
            return Compare(new ComparisonExpression(comparison.Kind.Turned(), comparison.Right, comparison.Left), place);
        }

        if (!IsConstant(comparison.Right) || comparison.Right is ConstantExpression { IsNull: true } || Column(comparison.Left) is not { } column)
        {
            return null;
        }

        var value = ExpressionRenderer.Render(comparison.Right, _ => "");
        var low = ExpressionRenderer.Render(comparison.Left, _ => $"lo{place(column.Index)}");
        var high = ExpressionRenderer.Render(comparison.Left, _ => $"hi{place(column.Index)}");
        var isThere = $"nulls{place(column.Index)} < n";
        return comparison.Kind switch
        {
            ComparisonKind.Equal or ComparisonKind.NotDistinctFrom => $"({low} <= {value} AND {high} >= {value} AND {isThere})",
            ComparisonKind.NotEqual => $"(NOT ({low} = {value} AND {high} = {value}) AND {isThere})",
            ComparisonKind.LessThan => $"({low} < {value} AND {isThere})",
            ComparisonKind.LessThanOrEqual => $"({low} <= {value} AND {isThere})",
            ComparisonKind.GreaterThan => $"({high} > {value} AND {isThere})",
            ComparisonKind.GreaterThanOrEqual => $"({high} >= {value} AND {isThere})",
            _ => null,
        };
    }

    private static bool IsConstant(ScalarExpression expression) => expression switch
    {
        ConstantExpression => true,
        CastExpression cast => IsConstant(cast.Input),
        _ => false,
    };

    // A conversion that keeps the order of all values: then that of a bound is a bound of what is converted.
    private static ColumnReference? Column(ScalarExpression expression) => expression switch
    {
        ColumnReference column => column,
        CastExpression { IsTry: false, Input: ColumnReference column } cast when IsNumber(column.Type) && (IsNumber(cast.Type) || cast.Type.Id is "DOUBLE") => column,
        CastExpression { IsTry: false, Input: ColumnReference column } cast when column.Type.Id is "DATE" or "TIMESTAMP" && cast.Type.Id is "DATE" or "TIMESTAMP" => column,
        _ => null,
    };

    private static bool IsNumber(SqlType type) => type.IsInteger || type.Id is "DECIMAL";

    /// <summary>One of several; nothing follows when nothing follows from one of them.</summary>
    private static string? All(IEnumerable<string?> parts)
    {
        var texts = parts.ToArray();
        return texts.Any(text => text is null) ? null : Join(texts.OfType<string>(), " OR ");
    }

    private static string? Join(IEnumerable<string> parts, string word)
    {
        var texts = parts.ToArray();
        return texts.Length == 0 ? null : $"({string.Join(word, texts)})";
    }
}
