namespace OrleansFlow.Benchmarks.Queries.Differential;

/// <summary>Aggregates whose result does not depend on the order of the rows.</summary>
internal sealed class AggregateGenerator(Dice dice, ExpressionGenerator expressions)
{
    private const double RowsMax = 1e7;

    /// <summary>An aggregate that yields a kind.</summary>
    public SqlExpression Create(IReadOnlyList<SqlExpression> scope, SqlKind kind)
    {
        var argument = kind == SqlKind.Rounded
            ? expressions.Value(scope, dice.Chance(50) ? SqlKind.Whole : SqlKind.Exact, 1)
            : expressions.Value(scope, kind, 1);
        var result = kind switch
        {
            SqlKind.Whole => Integer(argument, scope),
            SqlKind.Exact => dice.Chance(60)
                ? argument with { Text = $"sum({argument.Text})", Bound = argument.Bound * RowsMax }
                : argument with { Text = $"{dice.Pick(["min", "max"])}({argument.Text})" },
            // DuckDB refuses a constant to order by.
            SqlKind.Text when dice.Chance(20) && scope.Any(column => argument.Text.Contains(column.Text, StringComparison.Ordinal)) => argument with { Text = $"string_agg(DISTINCT {argument.Text}, ',' ORDER BY {argument.Text})" },
            SqlKind.Flag => argument with { Text = $"{dice.Pick(["bool_and", "bool_or"])}({argument.Text})" },
            SqlKind.Rounded => new SqlExpression($"avg({argument.Text})", SqlKind.Rounded),
            _ => argument with { Text = $"{dice.Pick(["min", "max"])}({argument.Text})" },
        };
        if (!dice.Chance(15))
        {
            return result;
        }

        dice.Has("filtered aggregate");
        return result with { Text = $"{result.Text} FILTER (WHERE {expressions.Predicate(scope, 1)})" };
    }

    private SqlExpression Integer(SqlExpression argument, IReadOnlyList<SqlExpression> scope)
    {
        switch (dice.Below(7))
        {
            case 0:
                return new SqlExpression("count(*)", SqlKind.Whole, RowsMax, true);
            case 1:
                return new SqlExpression($"count({argument.Text})", SqlKind.Whole, RowsMax, true);
            case 2:
                dice.Has("count distinct");
                return new SqlExpression($"count(DISTINCT {expressions.Leaf(scope, dice.Chance(50) ? SqlKind.Whole : SqlKind.Text).Text})", SqlKind.Whole, RowsMax, true);
            case 3:
                dice.Has("quantile");
                return argument with { Text = $"quantile_disc({argument.Text}, 0.5)" };
            case 4 or 5:
                return new SqlExpression($"sum({argument.Text})", SqlKind.Whole, argument.Bound * RowsMax, true);
            default:
                return argument with { Text = $"{dice.Pick(["min", "max"])}({argument.Text})" };
        }
    }
}
