using System.Globalization;

namespace OrleansFlow.Benchmarks.Queries.Differential;

/// <summary>A FROM clause and what it brings into scope.</summary>
/// <param name="Text">Without the word FROM.</param>
/// <param name="Scope">Columns, ready to be written.</param>
/// <param name="Key">Columns that tell any two rows apart; empty when there are none such.</param>
internal sealed record FromClause(string Text, IReadOnlyList<SqlExpression> Scope, IReadOnlyList<string> Key);

/// <summary>Tables, sub-queries, CTEs and the joins between them.</summary>
/// <param name="dice">Choices.</param>
/// <param name="expressions">Makes conditions.</param>
/// <param name="relations">What may be named; CTEs are added to it.</param>
/// <param name="select">Makes a sub-query of a depth.</param>
internal sealed class FromGenerator(
    Dice dice, ExpressionGenerator expressions, List<SqlRelation> relations, Func<int, SqlQuery> select)
{
    private const int JoinsMax = 3;
    private static readonly string[] Comparisons = ["<", "<=", ">", ">="];

    /// <summary>Whether a join on hot keys was made: a second one could multiply rows without end.</summary>
    private bool _isHeavy;

    public FromClause Create(int depth)
    {
        _isHeavy = false;
        var (text, relation) = Source(depth);
        var scope = Scope(relation);
        var key = Key(relation);
        for (var join = dice.Below(JoinsMax + 1) - 1; join > 0; join--)
        {
            (text, scope, key) = Join(text, scope, key, depth);
        }

        return new FromClause(text, scope, key);
    }

    /// <summary>Columns of a relation, ready to be written.</summary>
    public static List<SqlExpression> Scope(SqlRelation relation) =>
        [.. relation.Columns.Select(column => new SqlExpression($"{relation.Name}.{column.Name}", column.Kind, column.Bound, column.IsWide))];

    /// <summary>A table or CTE under an alias of its own.</summary>
    public (string Text, SqlRelation Relation) Table()
    {
        // The first tables of the catalog are the ones worth most: every second time one of the first three.
        var relation = dice.Chance(50) ? relations[dice.Below(Math.Min(3, relations.Count))] : dice.Pick(relations);

        // An empty table makes most queries empty, so it comes now and then only.
        relation = relation.Name == "nothing" && dice.Chance(70) ? relations[0] : relation;
        var alias = dice.Name("t");
        return ($"{relation.Name} AS {alias}", relation with { Name = alias });
    }

    private static List<string> Key(SqlRelation relation) => [.. relation.Key.Select(column => $"{relation.Name}.{column}")];

    private (string Text, SqlRelation Relation) Source(int depth)
    {
        var alias = dice.Name("t");
        if (depth > 0 && dice.Chance(20))
        {
            dice.Has("sub-query in from");
            var query = select(depth - 1);
            return ($"({query.Text}) AS {alias}", new SqlRelation(alias, query.Columns, []));
        }

        if (dice.Chance(4))
        {
            dice.Has("values");
            var rows = Enumerable.Range(0, dice.Between(1, 4)).Select(_ => $"({expressions.Literal(SqlKind.Whole).Text}, {expressions.Literal(SqlKind.Text).Text})");
            var (x, y) = (dice.Name("v"), dice.Name("v"));
            return ($"(VALUES {string.Join(", ", rows)}) AS {alias}({x}, {y})",
                new SqlRelation(alias, [new(x, SqlKind.Whole, 45), new(y, SqlKind.Text)], [], IsSmall: true));
        }

        if (dice.Chance(3))
        {
            dice.Has("range");
            var n = dice.Name("n");
            return (string.Create(CultureInfo.InvariantCulture, $"range({dice.Between(1, 30)}) AS {alias}({n})"),
                new SqlRelation(alias, [new(n, SqlKind.Whole, 30, true)], [n], IsSmall: true));
        }

        return Table();
    }

    private (string Text, List<SqlExpression> Scope, List<string> Key) Join(string left, List<SqlExpression> scope, List<string> key, int depth)
    {
        var (text, relation) = Source(depth);
        var right = Scope(relation);
        var form = dice.Below(100);
        if (relation.IsSmall && form < 12)
        {
            dice.Has("cross join");
            return form < 6
                ? ($"{left} CROSS JOIN {text}", [.. scope, .. right], Both(key, relation))
                : ($"{left} JOIN {text} ON {Inequality(scope, right)}", [.. scope, .. right], Both(key, relation));
        }

        if (form >= 96)
        {
            return Lateral(left, scope, key);
        }

        var on = Equality(scope, right, relation);
        if (form is >= 92 and < 96 && AsOf(scope) is { } asOf)
        {
            return ($"{left} {asOf.Text}", [.. scope, .. asOf.Scope], key);
        }

        var (kind, keepsRight) = form switch
        {
            < 45 => ("JOIN", true),
            < 62 => ("LEFT JOIN", true),
            < 70 => ("RIGHT JOIN", true),
            < 77 => ("FULL JOIN", true),
            < 85 => ("SEMI JOIN", false),
            _ => ("ANTI JOIN", false),
        };
        dice.Has(kind.ToLowerInvariant());
        if (kind is "JOIN" or "LEFT JOIN" && dice.Chance(25))
        {
            dice.Has("join with a condition");
            on = $"{on} AND {expressions.Predicate([.. scope, .. right], 1)}";
        }

        return ($"{left} {kind} {text} ON {on}", keepsRight ? [.. scope, .. right] : scope, keepsRight ? Both(key, relation) : key);
    }

    private static List<string> Both(List<string> key, SqlRelation relation) =>
        key.Count == 0 || relation.Key.Count == 0 ? [] : [.. key, .. Key(relation)];

    private string Equality(List<SqlExpression> scope, List<SqlExpression> right, SqlRelation relation)
    {
        var one = JoinColumn(scope, right);
        var unique = relation.Key.Count == 1 ? right.Find(column => column.Text.EndsWith($".{relation.Key[0]}", StringComparison.Ordinal)) : null;
        if (unique is { Kind: SqlKind.Whole } && (_isHeavy || dice.Chance(unique.Bound == one.Bound ? 60 : 15)))
        {
            return $"{one.Text} = {unique.Text}";
        }

        var candidates = Alike(right.Where(column => column.Kind == SqlKind.Whole), one);
        if (candidates.Count == 0 || _isHeavy)
        {
            // Nothing to join by that is safe: a constant keeps at most a few rows together.
            return candidates.Count == 0 ? $"{one.Text} = 7" : $"{one.Text} = {dice.Pick(candidates).Text} AND {one.Text} <> 7";
        }

        _isHeavy = true;
        var other = dice.Pick(candidates);
        return dice.Chance(10) ? $"{one.Text} IS NOT DISTINCT FROM {other.Text}" : $"{one.Text} = {other.Text}";
    }

    /// <summary>A column of the left side, such that the right side has one with about the same numbers if that can be.</summary>
    private SqlExpression JoinColumn(List<SqlExpression> scope, List<SqlExpression> right)
    {
        var columns = scope.Where(column => column.Kind == SqlKind.Whole && IsJoinable(column)).ToList();
        var alike = columns.Where(column => right.Exists(other => other.Kind == SqlKind.Whole && other.Bound == column.Bound)).ToList();
        return alike.Count > 0 && dice.Chance(85) ? dice.Pick(alike) : columns.Count > 0 ? dice.Pick(columns) : expressions.Literal(SqlKind.Whole);
    }

    private List<SqlExpression> Alike(IEnumerable<SqlExpression> columns, SqlExpression one)
    {
        var all = columns.ToList();
        var alike = all.Where(column => column.Bound == one.Bound).ToList();
        return alike.Count > 0 && dice.Chance(85) ? alike : all;
    }

    private string Inequality(List<SqlExpression> scope, List<SqlExpression> right)
    {
        dice.Has("join by inequality");
        return $"{expressions.Leaf(scope, SqlKind.Whole).Text} {dice.Pick(Comparisons)} {expressions.Leaf(right, SqlKind.Whole).Text}";
    }

    private static bool IsJoinable(SqlExpression column) => column.Bound <= 1e7;

    /// <summary>The latest row of the other side: made unique by key and day, or which one it is would be open.</summary>
    private (string Text, List<SqlExpression> Scope)? AsOf(List<SqlExpression> scope)
    {
        var days = scope.Where(column => column.Kind == SqlKind.Date).ToList();
        var keys = scope.Where(column => column.Kind == SqlKind.Whole && IsJoinable(column)).ToList();
        if (days.Count == 0 || keys.Count == 0)
        {
            return null;
        }

        dice.Has("as-of join");
        var alias = dice.Name("t");
        var value = dice.Name("v");
        return (
            $"ASOF {(dice.Chance(50) ? "LEFT " : "")}JOIN (SELECT k, day, sum(v) AS {value} FROM sparse GROUP BY k, day) AS {alias} ON {dice.Pick(keys).Text} = {alias}.k AND {dice.Pick(days).Text} >= {alias}.day",
            [new($"{alias}.{value}", SqlKind.Whole, 1e12, true), new($"{alias}.day", SqlKind.Date)]);
    }

    private (string Text, List<SqlExpression> Scope, List<string> Key) Lateral(string left, List<SqlExpression> scope, List<string> key)
    {
        dice.Has("lateral join");
        var (text, relation) = Table();
        var inner = Scope(relation);
        var alias = dice.Name("l");
        var value = dice.Name("v");
        var compared = $"{expressions.Leaf(inner, SqlKind.Whole).Text} = {expressions.Leaf([.. scope.Where(IsJoinable)], SqlKind.Whole).Text}";
        return (
            $"{left} CROSS JOIN LATERAL (SELECT max({expressions.Leaf(inner, SqlKind.Whole).Text}) AS {value} FROM {text} WHERE {compared}) AS {alias}",
            [.. scope, new($"{alias}.{value}", SqlKind.Whole, 1e13, true)],
            key);
    }
}
