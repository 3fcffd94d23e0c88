using System.Globalization;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Stages;

/// <summary>
/// Variances, covariances and correlations. A task's state is its count, its means and its sums of squared distances from the means; two states are put
/// together by the pairwise update of Chan, Golub and LeVeque (1979), which stays exact where sums of squares would cancel out.
/// </summary>
internal static class MomentAggregates
{
    /// <param name="call">The aggregate.</param>
    /// <param name="state">Computes an aggregate in each task; gives the column of its states.</param>
    /// <param name="final">Computes an aggregate over the states and folds its value; gives the column.</param>
    /// <returns>The value over the merged state; null for another aggregate.</returns>
    public static ScalarExpression? TryMerge(
        AggregateCall call,
        Func<AggregateCall, ColumnReference> state,
        Func<AggregateCall, Func<ColumnReference, ScalarExpression>, ColumnReference> final)
    {
        var isOne = call.Name is "var_samp" or "variance" or "var_pop" or "stddev" or "stddev_samp" or "stddev_pop";
        var isTwo = call.Name is "covar_pop" or "covar_samp" or "corr";
        if (call.Type.Id != "DOUBLE" || (!(isOne && call.Arguments.Count == 1) && !(isTwo && call.Arguments.Count == 2)))
        {
            return null;
        }

        // regr_* take (y, x) and see only rows in which both are there; for one argument both are the same.
        string[] names = isOne ? ["n", "x", "xx"] : ["n", "x", "y", "xx", "yy", "xy"];
        var columns = names.Select(name => state(call with
        {
            Name = name switch { "n" => "regr_count", "x" => "regr_avgx", "y" => "regr_avgy", _ => $"regr_s{name}" },
            Arguments = [call.Arguments[0], call.Arguments[^1]],
            Type = name == "n" ? new SqlType("UINTEGER") : SqlType.Double,
        })).ToArray();
        var type = new SqlType("STRUCT") { Fields = new([.. names.Select(name => new SqlTypeField(name, SqlType.Double))]) };
        var packed = Pack(type, [new CastExpression(columns[0], false, SqlType.Double), .. columns[1..]]);
        var isFilled = new ComparisonExpression(
            ComparisonKind.GreaterThan, columns[0], new ConstantExpression("CAST(0 AS UINTEGER)", false, new SqlType("UINTEGER")));
        var merged = final(new AggregateCall("list", [packed], SqlType.List(type)) { Filter = isFilled }, states => Reduce(states, type));
        var n = Field(merged, "n");
        return call.Name switch
        {
            "var_pop" => Divide(Field(merged, "xx"), n),
            "var_samp" or "variance" => Divide(Field(merged, "xx"), Less1(n)),
            "stddev_pop" => Call("sqrt", Divide(Field(merged, "xx"), n)),
            "stddev" or "stddev_samp" => Call("sqrt", Divide(Field(merged, "xx"), Less1(n))),
            "covar_pop" => Divide(Field(merged, "xy"), n),
            "covar_samp" => Divide(Field(merged, "xy"), Less1(n)),
            _ => Correlation(Field(merged, "xy"), Call("sqrt", Call("*", Field(merged, "xx"), Field(merged, "yy")))),
        };
    }

    private static FunctionExpression Reduce(ScalarExpression states, SqlType type)
    {
        var a = new LambdaParameter("ma", type);
        var b = new LambdaParameter("mb", type);
        var n = Call("+", Field(a, "n"), Field(b, "n"));
        ScalarExpression Mean(string name) =>
            Call("/", Call("+", Call("*", Field(a, "n"), Field(a, name)), Call("*", Field(b, "n"), Field(b, name))), n);
        ScalarExpression Product(string name, string left, string right) => Call(
            "+",
            Call("+", Field(a, name), Field(b, name)),
            Call("*", Call("*", Call("-", Field(b, left), Field(a, left)), Call("-", Field(b, right), Field(a, right))), Call("/", Call("*", Field(a, "n"), Field(b, "n")), n)));
        var parts = type.Fields.Map(part =>
            part.Name == "n" ? n : part.Name.Length == 1 ? Mean(part.Name) : Product(part.Name, part.Name[..1], part.Name[1..]));
        return new FunctionExpression("list_reduce", [states, new LambdaExpression(["ma", "mb"], Pack(type, parts))], type);
    }

    private static FunctionExpression Pack(SqlType type, ValueList<ScalarExpression> values) =>
        new("struct_pack", values, type) { ArgumentNames = type.Fields.Map(part => part.Name) };

    private static FunctionExpression Field(ScalarExpression state, string name) =>
        new("struct_extract", [state, new ConstantExpression(string.Create(CultureInfo.InvariantCulture, $"'{name}'"), false, SqlType.Varchar)], SqlType.Double);

    private static FunctionExpression Call(string name, params ReadOnlySpan<ScalarExpression> arguments) => new(name, [.. arguments], SqlType.Double);

    // Nothing to divide by means no rows, or one where two are needed: NULL, as DuckDB has it.
    private static FunctionExpression Divide(ScalarExpression value, ScalarExpression by) =>
        Call("/", value, new CaseExpression([new ComparisonExpression(ComparisonKind.GreaterThan, by, Zero), by, ConstantExpression.Null(SqlType.Double)], SqlType.Double));

    // Of values that do not vary DuckDB says "not a number", and NULL only of none.
    private static CaseExpression Correlation(ScalarExpression value, ScalarExpression by) => new(
        [
            new ComparisonExpression(ComparisonKind.GreaterThan, by, Zero),
            Call("/", value, by),
            new ComparisonExpression(ComparisonKind.Equal, by, Zero),
            new ConstantExpression("CAST('nan' AS DOUBLE)", false, SqlType.Double),
            ConstantExpression.Null(SqlType.Double),
        ],
        SqlType.Double);

    private static FunctionExpression Less1(ScalarExpression n) => Call("-", n, new ConstantExpression("CAST(1 AS DOUBLE)", false, SqlType.Double));

    private static ConstantExpression Zero => new("CAST(0 AS DOUBLE)", false, SqlType.Double);
}
