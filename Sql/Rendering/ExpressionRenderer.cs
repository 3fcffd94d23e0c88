using OrleansFlow.Engine;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Rendering;

/// <summary>Writes expressions as SQL. Everything is in brackets and functions are called by their quoted names, so that nothing is read another way.</summary>
internal static class ExpressionRenderer
{
    /// <param name="expression">What is written.</param>
    /// <param name="column">The text of a column by its position.</param>
    public static string Render(ScalarExpression expression, Func<int, string> column) => expression switch
    {
        ColumnReference reference => column(reference.Index),
        LambdaParameter parameter => parameter.Name,
        ConstantExpression constant => constant.Sql,
        CastExpression cast => $"{(cast.IsTry ? "TRY_CAST" : "CAST")}({Render(cast.Input, column)} AS {cast.Type})",
        ComparisonExpression comparison =>
            $"({Render(comparison.Left, column)} {Sign(comparison.Kind)} {Render(comparison.Right, column)})",
        ConjunctionExpression conjunction =>
            $"({string.Join(conjunction.IsOr ? " OR " : " AND ", conjunction.Conditions.Select(part => Render(part, column)))})",
        OperatorExpression operation => Operator(operation, [.. operation.Operands.Select(part => Render(part, column))]),
        CaseExpression choice => Case([.. choice.Branches.Select(part => Render(part, column))]),
        FunctionExpression { Type.Id: "DECIMAL" } sum when DecimalArithmetic.Unbind(sum) is { } arguments =>
            $"CAST({EngineText.Quote(sum.Name)}({string.Join(", ", arguments.Select(part => Render(part, column)))}) AS {sum.Type})",
        FunctionExpression function => Function(function, [.. function.Arguments.Select(part => Render(part, column))]),
        LambdaExpression lambda => $"lambda {string.Join(", ", lambda.Parameters)}: {Render(lambda.Body, column)}",
        _ => throw new InvalidOperationException($"The expression {expression.GetType().Name} has no renderer."),
    };

    public static string Aggregate(AggregateCall call, Func<int, string> column)
    {
        var filter = call.Filter is null ? "" : $" FILTER (WHERE {Render(call.Filter, column)})";
        return $"{Call(call.Name, call.Arguments, call.Constants, call.IsDistinct, call.Orders, "", column)}{filter}";
    }

    public static string Window(WindowCall call, Func<int, string> column)
    {
        var filter = call.Filter is null ? "" : $" FILTER (WHERE {Render(call.Filter, column)})";
        var function = Call(
            call.Name, call.Arguments, call.Constants, call.IsDistinct, call.ArgumentOrders, call.IgnoreNulls ? " IGNORE NULLS" : "", column);
        var clauses = new List<string>();
        if (call.Partitions.Count > 0)
        {
            clauses.Add($"PARTITION BY {string.Join(", ", call.Partitions.Select(part => Render(part, column)))}");
        }

        if (call.Orders.Count > 0)
        {
            clauses.Add(Orders(call.Orders, column));
        }

        if (Frame(call, column) is { Length: > 0 } frame)
        {
            clauses.Add(frame);
        }

        return $"{function}{filter} OVER ({string.Join(' ', clauses)})";
    }

    /// <summary>ORDER BY and its keys.</summary>
    public static string Orders(ValueList<OrderKey> orders, Func<int, string> column) =>
        $"ORDER BY {string.Join(", ", orders.Select(order => $"{Render(order.Value, column)} {(order.IsDescending ? "DESC" : "ASC")} NULLS {(order.NullsFirst ? "FIRST" : "LAST")}"))}";

    public static string Sign(ComparisonKind kind) => kind switch
    {
        ComparisonKind.Equal => "=",
        ComparisonKind.NotEqual => "<>",
        ComparisonKind.LessThan => "<",
        ComparisonKind.GreaterThan => ">",
        ComparisonKind.LessThanOrEqual => "<=",
        ComparisonKind.GreaterThanOrEqual => ">=",
        ComparisonKind.DistinctFrom => "IS DISTINCT FROM",
        ComparisonKind.NotDistinctFrom => "IS NOT DISTINCT FROM",
        _ => throw new InvalidOperationException($"The comparison {kind} has no sign."),
    };

    private static string Call(
        string name,
        ValueList<ScalarExpression> arguments,
        ValueList<ScalarExpression> constants,
        bool isDistinct,
        ValueList<OrderKey> orders,
        string behind,
        Func<int, string> column)
    {
        var texts = string.Join(", ", arguments.Concat(constants).Select(argument => Render(argument, column)));
        if (texts.Length == 0 && name == "count")
        {
            texts = "*";
        }

        var order = orders.Count == 0 ? "" : $" {Orders(orders, column)}";
        return $"{EngineText.Quote(name)}({(isDistinct ? "DISTINCT " : "")}{texts}{order}{behind})";
    }

    private static string Operator(OperatorExpression operation, string[] operands) => operation.Kind switch
    {
        OperatorKind.Not => $"(NOT {operands[0]})",
        OperatorKind.IsNull => $"({operands[0]} IS NULL)",
        OperatorKind.IsNotNull => $"({operands[0]} IS NOT NULL)",
        OperatorKind.In => $"({operands[0]} IN ({string.Join(", ", operands[1..])}))",
        OperatorKind.NotIn => $"({operands[0]} NOT IN ({string.Join(", ", operands[1..])}))",
        OperatorKind.Coalesce => $"COALESCE({string.Join(", ", operands)})",
        OperatorKind.Try => $"TRY({operands[0]})",
        _ => throw new InvalidOperationException($"The operator {operation.Kind} has no renderer."),
    };

    private static string Case(string[] branches)
    {
        var whens = Enumerable.Range(0, branches.Length / 2).Select(index => $"WHEN {branches[2 * index]} THEN {branches[(2 * index) + 1]}");
        return $"CASE {string.Join(' ', whens)} ELSE {branches[^1]} END";
    }

    private static string Function(FunctionExpression function, string[] arguments)
    {
        var unnamed = arguments.Length - function.ArgumentNames.Count;
        for (var index = 0; index < function.ArgumentNames.Count; index++)
        {
            arguments[unnamed + index] = $"{EngineText.Quote(function.ArgumentNames[index])} := {arguments[unnamed + index]}";
        }

        return $"{EngineText.Quote(function.Name)}({string.Join(", ", arguments)})";
    }

    private static string Frame(WindowCall call, Func<int, string> column)
    {
        if (call.Start == FrameBound.UnboundedPreceding && call.End == FrameBound.CurrentRowRange && call.Exclude is null)
        {
            return "";
        }

        var unit = new[] { call.Start, call.End }.Select(bound => bound.Unit).FirstOrDefault(unit => unit != FrameUnit.Range, FrameUnit.Range);
        var exclude = call.Exclude is null ? "" : $" EXCLUDE {call.Exclude}";
        return $"{unit.ToString().ToUpperInvariant()} BETWEEN {Bound(call.Start, column)} AND {Bound(call.End, column)}{exclude}";
    }

    private static string Bound(FrameBound bound, Func<int, string> column) => bound.Kind switch
    {
        FrameBoundKind.UnboundedPreceding => "UNBOUNDED PRECEDING",
        FrameBoundKind.UnboundedFollowing => "UNBOUNDED FOLLOWING",
        FrameBoundKind.CurrentRow => "CURRENT ROW",
        FrameBoundKind.Preceding => $"{Render(bound.Offset!, column)} PRECEDING",
        FrameBoundKind.Following => $"{Render(bound.Offset!, column)} FOLLOWING",
        _ => throw new InvalidOperationException($"The frame end {bound.Kind} has no renderer."),
    };
}
