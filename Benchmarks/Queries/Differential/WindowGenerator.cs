using System.Globalization;

namespace OrleansFlow.Benchmarks.Queries.Differential;

/// <summary>
/// Window functions. Those that depend on the place of a row among its peers are ordered by a key of the rows as well; without a key only
/// functions are made that give peers the same value.
/// </summary>
internal sealed class WindowGenerator(Dice dice, ExpressionGenerator expressions)
{
    private const double RowsMax = 1e7;

    /// <summary>A window function that yields a whole number, or with a key a value of any kind.</summary>
    public SqlExpression Create(FromClause from, SqlKind kind)
    {
        dice.Has("window");
        var scope = from.Scope;
        if (from.Key.Count == 0 || dice.Chance(35))
        {
            return ForPeers(scope, kind);
        }

        var over = $"OVER ({Partition(scope)}ORDER BY {Order(scope)}, {string.Join(", ", from.Key)}{{0}})";
        var value = expressions.Value(scope, kind, 1);
        var offset = dice.Between(1, 3).ToString(CultureInfo.InvariantCulture);
        var nulls = dice.Chance(20) ? " IGNORE NULLS" : "";
        switch (dice.Below(5))
        {
            case 0 when kind == SqlKind.Whole:
                return new SqlExpression($"row_number() {Frame(over, "")}", kind, RowsMax, true);
            case 1 when kind == SqlKind.Whole:
                dice.Has("framed window");
                return new SqlExpression(
                    $"sum({value.Text}) {Frame(over, $" ROWS BETWEEN {offset} PRECEDING AND {dice.Pick(["CURRENT ROW", "2 FOLLOWING", "1 PRECEDING"])}")}",
                    kind, value.Bound * RowsMax, true);
            case 2:
                dice.Has("framed window");
                return value with
                {
                    Text = $"{dice.Pick(["first_value", "last_value"])}({value.Text}{nulls}) {Frame(over, $" ROWS BETWEEN {offset} PRECEDING AND {offset} FOLLOWING")}",
                };
            default:
                dice.Has("lag, lead");
                return value with { Text = $"{dice.Pick(["lag", "lead"])}({value.Text}, {offset}{nulls}) {Frame(over, "")}" };
        }
    }

    /// <summary>A number that is different for each row of a partition, when the rows have a key.</summary>
    public string? Place(FromClause from) => from.Key.Count == 0
        ? null
        : $"row_number() OVER ({Partition(from.Scope)}ORDER BY {Order(from.Scope)}, {string.Join(", ", from.Key)})";

    private SqlExpression ForPeers(IReadOnlyList<SqlExpression> scope, SqlKind kind)
    {
        var value = expressions.Value(scope, kind, 1);
        var ordered = $"OVER ({Partition(scope)}ORDER BY {Order(scope)})";
        var whole = $"OVER ({Partition(scope).TrimEnd()})";
        return kind switch
        {
            SqlKind.Whole => dice.Below(4) switch
            {
                0 => new SqlExpression($"{dice.Pick(["rank", "dense_rank"])}() {ordered}", kind, RowsMax, true),
                1 => new SqlExpression($"count(*) {whole}", kind, RowsMax, true),
                2 => new SqlExpression($"sum({value.Text}) {ordered}", kind, value.Bound * RowsMax, true),
                _ => value with { Text = $"max({value.Text}) {whole}" },
            },
            SqlKind.Flag => value with { Text = $"bool_or({value.Text}) {whole}" },
            _ => value with { Text = $"{dice.Pick(["min", "max"])}({value.Text}) {dice.Pick([ordered, whole])}" },
        };
    }

    private static string Frame(string over, string frame) => string.Format(CultureInfo.InvariantCulture, over, frame);

    private string Partition(IReadOnlyList<SqlExpression> scope) => dice.Chance(70)
        ? $"PARTITION BY {expressions.Leaf(scope, dice.Pick([SqlKind.Whole, SqlKind.Text, SqlKind.Date])).Text} "
        : "";

    private string Order(IReadOnlyList<SqlExpression> scope) =>
        $"{expressions.Value(scope, dice.Pick([SqlKind.Whole, SqlKind.Text, SqlKind.Date, SqlKind.Exact]), 1).Text}{dice.Pick(["", " DESC", " NULLS FIRST", " DESC NULLS LAST"])}";
}
