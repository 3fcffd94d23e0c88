using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Stages;

/// <summary>Which conditions are one comparison of a column with constants, and mean the same in any other database.</summary>
internal static class ScanTests
{
    /// <summary>The comparison; null when the condition is another one.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="name">Names of the columns.</param>
    public static ScanTest? Of(ScalarExpression condition, Func<int, string> name) => condition switch
    {
        ComparisonExpression { Left: ConstantExpression } turned => Compare(turned.Kind.Turned(), turned.Right, turned.Left, name),
        ComparisonExpression comparison => Compare(comparison.Kind, comparison.Left, comparison.Right, name),
        OperatorExpression { Kind: OperatorKind.IsNull, Operands: [ColumnReference column] } => new ScanTest(name(column.Index), ScanTestKind.IsNull, []),
        OperatorExpression { Kind: OperatorKind.IsNotNull, Operands: [ColumnReference column] } => new ScanTest(name(column.Index), ScanTestKind.IsNotNull, []),
        OperatorExpression { Kind: OperatorKind.In } list => In(list, name),
        _ => null,
    };

    private static ScanTest? In(OperatorExpression list, Func<int, string> name)
    {
        var values = list.Operands.Skip(1).Select(value => Value(list.Operands[0], value)).OfType<string>().ToArray();
        return Column(list.Operands[0]) is { } column && values.Length == list.Operands.Count - 1 && values.Length > 0
            ? new ScanTest(name(column.Index), ScanTestKind.In, values)
            : null;
    }

    private static ScanTest? Compare(ComparisonKind kind, ScalarExpression left, ScalarExpression right, Func<int, string> name)
    {
        ScanTestKind? known = kind switch
        {
            ComparisonKind.Equal => ScanTestKind.Equal,
            ComparisonKind.NotEqual => ScanTestKind.NotEqual,
            ComparisonKind.LessThan => ScanTestKind.Less,
            ComparisonKind.LessThanOrEqual => ScanTestKind.LessOrEqual,
            ComparisonKind.GreaterThan => ScanTestKind.Greater,
            ComparisonKind.GreaterThanOrEqual => ScanTestKind.GreaterOrEqual,
            _ => null,
        };
        return known is { } test && Column(left) is { } column && Value(left, right) is { } value ? new ScanTest(name(column.Index), test, [value]) : null;
    }

    // A conversion under which no two values become the same.
    private static ColumnReference? Column(ScalarExpression expression) => expression switch
    {
        ColumnReference column => column,
        CastExpression { IsTry: false, Input: ColumnReference { Type.IsInteger: true } column } cast when cast.Type.IsInteger || cast.Type.Id is "DECIMAL" => column,
        CastExpression { IsTry: false, Input: ColumnReference { Type.Id: "DATE" } column, Type.Id: "TIMESTAMP" } => column,
        _ => null,
    };

    /// <summary>A constant of the column's kind, as it is written.</summary>
    private static string? Value(ScalarExpression column, ScalarExpression expression)
    {
        if (expression is not ConstantExpression { IsNull: false } constant || Kind(column.Type) is not { } kind || kind != Kind(constant.Type))
        {
            return null;
        }

        // Constants are always written with their types.
        var (start, end) = ("CAST(", $" AS {constant.Type})");
        if (!constant.Sql.StartsWith(start, StringComparison.Ordinal) || !constant.Sql.EndsWith(end, StringComparison.Ordinal))
        {
            return null;
        }

        var text = constant.Sql[start.Length..^end.Length];
        return text is ['\'', .. var inner, '\''] ? inner.Replace("''", "'", StringComparison.Ordinal) : text;
    }

    private static char? Kind(SqlType type) => type.IsInteger || type.Id is "DECIMAL" ? 'n' : type.Id is "DATE" or "TIMESTAMP" ? 't' : type.Id is "VARCHAR" ? 's' : null;
}
