using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;

namespace OrleansFlow.Benchmarks.Queries.Differential;

/// <summary>Values of a wanted kind over the columns in scope. None of them can overflow, divide by zero into an error or fail to cast.</summary>
internal sealed class ExpressionGenerator(Dice dice)
{
    private const double NarrowMax = 1e9;
    private const double WideMax = 1e17;
    private const double DecimalMax = 1e12;

    /// <summary>A value of a kind.</summary>
    /// <param name="scope">The columns that may be named, ready to be written.</param>
    /// <param name="kind">Any kind but <see cref="SqlKind.Rounded"/>.</param>
    /// <param name="depth">How far it may nest; 0 is a column or a literal.</param>
    public SqlExpression Value(IReadOnlyList<SqlExpression> scope, SqlKind kind, int depth)
    {
        if (depth <= 0 || dice.Chance(45))
        {
            return Leaf(scope, kind);
        }

        return kind switch
        {
            _ when dice.Chance(12) => Choice(scope, kind, depth),
            SqlKind.Whole => Integer(scope, depth),
            SqlKind.Exact => Decimal(scope, depth),
            SqlKind.Text => Text(scope, depth),
            SqlKind.Date => Date(scope, depth),
            _ => new SqlExpression($"({Predicate(scope, depth - 1)})", SqlKind.Flag),
        };
    }

    /// <summary>A column of a kind; a literal when there is none.</summary>
    public SqlExpression Leaf(IReadOnlyList<SqlExpression> scope, SqlKind kind)
    {
        var columns = scope.Where(column => column.Kind == kind).ToList();
        return columns.Count > 0 && dice.Chance(85) ? dice.Pick(columns) : Literal(kind);
    }

    /// <summary>A constant; now and then a null.</summary>
    public SqlExpression Literal(SqlKind kind)
    {
        var isNull = dice.Chance(4);
        switch (kind)
        {
            case SqlKind.Whole:
                var number = dice.Between(-3, 45);
                return new SqlExpression(isNull ? "NULL::INTEGER" : number < 0 ? $"({Invariant(number)})" : Invariant(number), kind, 45);
            case SqlKind.Exact:
                var cents = dice.Between(-5_000, 80_000);
                return new SqlExpression(isNull ? "NULL::DECIMAL(18, 2)" : $"({ArrowDecimal.Format(cents, 2)}::DECIMAL(18, 2))", kind, 800);
            case SqlKind.Text:
                return new SqlExpression(isNull ? "NULL::VARCHAR" : EngineText.Literal(dice.Pick(DifferentialTables.Words)), kind);
            case SqlKind.Date:
                var day = DifferentialTables.FirstDay.AddDays(dice.Below(120)).ToString("O", CultureInfo.InvariantCulture);
                return new SqlExpression(isNull ? "NULL::DATE" : $"DATE '{day}'", kind);
            default:
                return new SqlExpression(isNull ? "NULL::BOOLEAN" : dice.Chance(50) ? "true" : "false", SqlKind.Flag);
        }
    }

    /// <summary>A condition.</summary>
    public string Predicate(IReadOnlyList<SqlExpression> scope, int depth)
    {
        if (depth > 0 && dice.Chance(35))
        {
            var one = Predicate(scope, depth - 1);
            return dice.Below(5) switch
            {
                0 => $"({one} AND {Predicate(scope, depth - 1)})",
                1 or 2 or 3 => $"({one} OR {Predicate(scope, depth - 1)})",
                _ => $"(NOT {one})",
            };
        }

        var kinds = scope.Select(column => column.Kind).Where(kind => kind != SqlKind.Rounded).Distinct().ToList();
        var kind = kinds.Count == 0 ? SqlKind.Whole : dice.Pick(kinds);
        var left = Value(scope, kind, depth - 1);
        var right = Value(scope, kind, depth - 1);
        if (right.Text == left.Text)
        {
            // Compared with itself it would be true, or false, for all rows.
            right = Literal(kind);
        }

        return dice.Below(10) switch
        {
            0 => $"({left.Text} IS NULL)",
            1 => $"({left.Text} IS NOT NULL)",
            2 => $"({left.Text} IN ({Literal(kind).Text}, {Literal(kind).Text}, {Literal(kind).Text}))",
            3 => $"({left.Text} BETWEEN {Literal(kind).Text} AND {right.Text})",
            4 => $"({left.Text} IS {(dice.Chance(50) ? "NOT " : "")}DISTINCT FROM {right.Text})",
            5 when kind == SqlKind.Text => $"({left.Text} {(dice.Chance(50) ? "NOT " : "")}{dice.Pick(["LIKE", "ILIKE"])} {dice.Pick(["'a%'", "'%e%'", "'_b%'", "'%'", "''"])})",
            _ => $"({left.Text} {dice.Pick(["=", "<>", "<>", "<", "<=", ">", ">="])} {right.Text})",
        };
    }

    private SqlExpression Integer(IReadOnlyList<SqlExpression> scope, int depth)
    {
        switch (dice.Below(10))
        {
            case 0:
                return new SqlExpression($"length({Value(scope, SqlKind.Text, depth - 1).Text})", SqlKind.Whole, 1e4, true);
            case 1:
                return new SqlExpression($"{dice.Pick(["month", "year", "dayofyear"])}({Value(scope, SqlKind.Date, depth - 1).Text})", SqlKind.Whole, 1e4, true);
            case 2:
                return new SqlExpression($"({Value(scope, SqlKind.Date, 0).Text} - {Value(scope, SqlKind.Date, 0).Text})", SqlKind.Whole, 1e5, true);
            case 3:
                return new SqlExpression($"({Value(scope, SqlKind.Flag, depth - 1).Text})::INTEGER", SqlKind.Whole, 1);
            case 4:
                var value = Value(scope, SqlKind.Whole, depth - 1);
                return value with { Text = $"({value.Text} {dice.Pick(["%", "//"])} {Invariant(dice.Between(1, 9))})" };
            case 5:
                // A null on purpose where the divisor is zero: DuckDB's rule.
                var divided = Value(scope, SqlKind.Whole, depth - 1);
                return divided with { Text = $"({divided.Text} // {Leaf(scope, SqlKind.Whole).Text})", IsWide = true };
            default:
                return Arithmetic(Value(scope, SqlKind.Whole, depth - 1), Value(scope, SqlKind.Whole, depth - 1));
        }
    }

    private SqlExpression Arithmetic(SqlExpression left, SqlExpression right)
    {
        var isWide = left.IsWide || right.IsWide;
        var most = isWide ? WideMax : NarrowMax;
        if (left.Bound * right.Bound < most && dice.Chance(30))
        {
            return new SqlExpression($"({left.Text} * {right.Text})", SqlKind.Whole, left.Bound * right.Bound, isWide);
        }

        return left.Bound + right.Bound < most
            ? new SqlExpression($"({left.Text} {dice.Pick(["+", "-"])} {right.Text})", SqlKind.Whole, left.Bound + right.Bound, isWide)
            : left;
    }

    private SqlExpression Decimal(IReadOnlyList<SqlExpression> scope, int depth)
    {
        var left = Value(scope, SqlKind.Exact, depth - 1);
        if (dice.Chance(20))
        {
            return left with { Text = $"abs({left.Text})" };
        }

        var right = dice.Chance(70) ? Value(scope, SqlKind.Exact, depth - 1) : Leaf(scope, SqlKind.Whole);
        return left.Bound + right.Bound < DecimalMax
            ? new SqlExpression($"(({left.Text} {dice.Pick(["+", "-"])} {right.Text})::DECIMAL(18, 2))", SqlKind.Exact, left.Bound + right.Bound)
            : left;
    }

    private SqlExpression Text(IReadOnlyList<SqlExpression> scope, int depth)
    {
        var text = Value(scope, SqlKind.Text, depth - 1).Text;
        return new SqlExpression(
            dice.Below(5) switch
            {
                0 => $"upper({text})",
                1 => $"substr({text}, 1, {Invariant(dice.Between(1, 3))})",
                2 => $"({text} || {Value(scope, SqlKind.Text, depth - 1).Text})",
                3 => $"concat({text}, '-', {Leaf(scope, SqlKind.Whole).Text})",
                _ => $"replace({text}, 'e', '')",
            },
            SqlKind.Text);
    }

    private SqlExpression Date(IReadOnlyList<SqlExpression> scope, int depth)
    {
        var day = Value(scope, SqlKind.Date, depth - 1).Text;
        return new SqlExpression(
            dice.Below(3) switch
            {
                0 => $"({day} + {Invariant(dice.Between(-40, 40))})",
                1 => $"date_trunc('month', {day})::DATE",
                _ => $"least({day}, {Value(scope, SqlKind.Date, depth - 1).Text})",
            },
            SqlKind.Date);
    }

    private SqlExpression Choice(IReadOnlyList<SqlExpression> scope, SqlKind kind, int depth)
    {
        var one = Value(scope, kind, depth - 1);
        var other = Value(scope, kind, depth - 1);
        return new SqlExpression(
            dice.Below(4) switch
            {
                0 => $"coalesce({one.Text}, {other.Text})",
                1 => $"nullif({one.Text}, {other.Text})",
                _ => $"CASE WHEN {Predicate(scope, depth - 1)} THEN {one.Text} ELSE {other.Text} END",
            },
            kind,
            Math.Max(one.Bound, other.Bound),
            one.IsWide && other.IsWide);
    }

    private static string Invariant(int number) => number.ToString(CultureInfo.InvariantCulture);
}
