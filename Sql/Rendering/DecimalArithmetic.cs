using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Rendering;

/// <summary>
/// Sums, differences and products of decimals. DuckDB binds them by widening both arguments to the width of the result; bound again, the result would
/// get wider each time. So the widening is taken off, and the result is cast to what it was.
/// </summary>
internal static class DecimalArithmetic
{
    /// <summary>The arguments as they were before they were bound; null for other functions.</summary>
    public static IEnumerable<ScalarExpression>? Unbind(FunctionExpression function) =>
        function.Name is "+" or "-" or "*" && function.Arguments.Count == 2 && function.Arguments.All(argument => argument.Type.Id == "DECIMAL")
            ? function.Arguments.Select(Narrow)
            : null;

    private static ScalarExpression Narrow(ScalarExpression argument) => argument switch
    {
        CastExpression { IsTry: false, Input.Type.Id: "DECIMAL" } cast
            when cast.Input.Type.Scale == cast.Type.Scale && cast.Input.Type.Width <= cast.Type.Width => cast.Input,
        CastExpression { IsTry: false } cast when cast.Input.Type.IsInteger && cast.Type.Scale == 0 => cast.Input,
        ConstantExpression { IsNull: false } constant => Constant(constant),
        _ => argument,
    };

    // The text is CAST('123.45' AS DECIMAL(w,s)): as many digits as it needs.
    private static ConstantExpression Constant(ConstantExpression constant)
    {
        var digits = constant.Sql.TakeWhile(character => character != ')').Skip("CAST(".Length)
            .TakeWhile(character => character is not 'A').Count(char.IsAsciiDigit);
        var type = SqlType.Decimal(Math.Max(digits, constant.Type.Scale + 1), constant.Type.Scale);
        return type.Width < constant.Type.Width ? constant with { Sql = $"CAST({constant.Sql} AS {type})", Type = type } : constant;
    }
}
