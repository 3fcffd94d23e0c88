namespace OrleansFlow.Benchmarks.Queries.Differential;

/// <summary>Sub-queries in conditions and in the select list, correlated or not.</summary>
internal sealed class SubqueryGenerator(Dice dice, ExpressionGenerator expressions, FromGenerator from)
{
    private static readonly string[] Comparisons = ["=", "<>", "<", "<=", ">", ">="];

    /// <summary>A condition on rows of the outer scope that holds a sub-query.</summary>
    public string Predicate(IReadOnlyList<SqlExpression> outer)
    {
        var left = expressions.Leaf(outer, SqlKind.Whole).Text;
        var (text, relation) = from.Table();
        var inner = FromGenerator.Scope(relation);
        var value = expressions.Leaf(inner, SqlKind.Whole).Text;
        switch (dice.Below(7))
        {
            case 0:
                dice.Has("exists");
                return $"{(dice.Chance(50) ? "NOT " : "")}EXISTS (SELECT 1 FROM {text} WHERE {Condition(outer, inner, true)})";
            case 1:
                dice.Has("in");
                return $"{left} IN (SELECT {value} FROM {text} WHERE {Condition(outer, inner, dice.Chance(30))})";
            case 2:
                dice.Has("not in");
                return $"{left} NOT IN (SELECT {value} FROM {text} WHERE {Condition(outer, inner, dice.Chance(30))})";
            case 3:
                dice.Has("any, all");
                return $"{left} {dice.Pick(["<", "<=", ">", ">="])} {dice.Pick(["ANY", "ALL"])} (SELECT {value} FROM {text} WHERE {Condition(outer, inner, false)})";
            case 4:
                dice.Has("in by rows");
                return $"({left}, {expressions.Leaf(outer, SqlKind.Text).Text}) IN (SELECT {value}, {expressions.Leaf(inner, SqlKind.Text).Text} FROM {text})";
            default:
                return $"{left} {dice.Pick(Comparisons)} {Scalar(outer).Text}";
        }
    }

    private string Link(IReadOnlyList<SqlExpression> outer, IReadOnlyList<SqlExpression> inner)
    {
        var one = expressions.Leaf(inner, SqlKind.Whole);
        var alike = outer.Where(column => column.Kind == SqlKind.Whole && column.Bound == one.Bound).ToList();
        var other = alike.Count > 0 && dice.Chance(80) ? dice.Pick(alike) : expressions.Leaf(outer, SqlKind.Whole);
        return $"{one.Text} {(dice.Chance(85) ? "=" : dice.Pick(Comparisons))} {other.Text}";
    }

    /// <summary>A sub-query of one row and column.</summary>
    public SqlExpression Scalar(IReadOnlyList<SqlExpression> outer)
    {
        var (text, relation) = from.Table();
        var inner = FromGenerator.Scope(relation);
        var value = expressions.Value(inner, SqlKind.Whole, 1);
        var isCorrelated = dice.Chance(60);
        dice.Has(isCorrelated ? "correlated scalar" : "scalar");
        return dice.Below(4) switch
        {
            0 => new SqlExpression($"(SELECT count(*) FROM {text} WHERE {Condition(outer, inner, isCorrelated)})", SqlKind.Whole, 1e7, true),
            1 => new SqlExpression($"(SELECT sum({value.Text}) FROM {text} WHERE {Condition(outer, inner, isCorrelated)})", SqlKind.Whole, value.Bound * 1e7, true),
            2 => new SqlExpression($"(SELECT min({value.Text}) FROM {text} WHERE {Condition(outer, inner, isCorrelated)})", SqlKind.Whole, value.Bound, value.IsWide),
            _ => new SqlExpression($"(SELECT max({value.Text}) FROM {text} WHERE {Condition(outer, inner, isCorrelated)})", SqlKind.Whole, value.Bound, value.IsWide),
        };
    }

    private string Condition(IReadOnlyList<SqlExpression> outer, IReadOnlyList<SqlExpression> inner, bool isCorrelated)
    {
        var own = dice.Chance(50) ? expressions.Predicate(inner, 1) : null;
        if (!isCorrelated)
        {
            return own ?? "true";
        }

        var link = Link(outer, inner);
        return own is null ? link : $"{link} AND {own}";
    }
}
