using System.Globalization;
using System.Text;

namespace OrleansFlow.Benchmarks.Queries.Differential;

/// <summary>SELECT statements and set operations of them.</summary>
internal sealed class SelectGenerator
{
    private static readonly SqlKind[] Kinds = [SqlKind.Whole, SqlKind.Whole, SqlKind.Whole, SqlKind.Exact, SqlKind.Text, SqlKind.Text, SqlKind.Date, SqlKind.Flag];

    private readonly Dice _dice;
    private readonly ExpressionGenerator _expressions;
    private readonly FromGenerator _from;
    private readonly SubqueryGenerator _subqueries;
    private readonly AggregateGenerator _aggregates;
    private readonly WindowGenerator _windows;

    public SelectGenerator(Dice dice, List<SqlRelation> relations)
    {
        _dice = dice;
        _expressions = new ExpressionGenerator(dice);
        _from = new FromGenerator(dice, _expressions, relations, Inner);
        _subqueries = new SubqueryGenerator(dice, _expressions, _from);
        _aggregates = new AggregateGenerator(dice, _expressions);
        _windows = new WindowGenerator(dice, _expressions);
    }

    /// <summary>A query for a FROM clause or a CTE: no floats; when it is cut to some rows, it is clear to which.</summary>
    public SqlQuery Inner(int depth)
    {
        var query = Body(depth, isOutermost: false);
        return _dice.Chance(15) ? Cut(query) : query;
    }

    /// <summary>A query without ORDER BY.</summary>
    /// <param name="depth">How far sub-queries in FROM may nest.</param>
    /// <param name="isOutermost">Whether floating-point results are allowed.</param>
    public SqlQuery Body(int depth, bool isOutermost)
    {
        if (!_dice.Chance(12))
        {
            return Select(depth, null, isOutermost);
        }

        SqlKind[] kinds = [.. Enumerable.Range(0, _dice.Between(1, 3)).Select(_ => _dice.Pick(Kinds))];
        var left = Select(depth, kinds, false);
        var right = Select(depth, kinds, false);
        var operation = _dice.Pick(["UNION ALL", "UNION", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL"]);
        _dice.Has(operation.ToLowerInvariant());
        return new SqlQuery(
            $"({left.Text}) {operation} ({right.Text})",
            [.. left.Columns.Zip(right.Columns, (one, other) => one with { Bound = Math.Max(one.Bound, other.Bound), IsWide = one.IsWide && other.IsWide })],
            []);
    }

    /// <summary>The first rows by all columns: rows that are alike in all of them can stand for each other.</summary>
    public SqlQuery Cut(SqlQuery query)
    {
        _dice.Has("limit");
        var limit = string.Create(CultureInfo.InvariantCulture, $"LIMIT {(_dice.Chance(4) ? 0 : _dice.Pick([1, 5, 10, 50, 200]))}{(_dice.Chance(15) ? $" OFFSET {_dice.Between(1, 10)}" : "")}");
        var places = Enumerable.Range(0, query.Columns.Count).ToList();
        return query with { Text = $"{query.Text} {OrderBy(query, places)} {limit}", Order = places };
    }

    /// <summary>ORDER BY some columns, each in a direction.</summary>
    public string OrderBy(SqlQuery query, IReadOnlyList<int> places) =>
        "ORDER BY " + string.Join(", ", places.Select(place => query.Columns[place].Name + _dice.Pick(["", " DESC", " NULLS FIRST", " DESC NULLS LAST"])));

    private SqlQuery Select(int depth, SqlKind[]? kinds, bool isOutermost)
    {
        var from = _from.Create(depth);
        return _dice.Chance(45) ? Aggregate(from, kinds, isOutermost) : Plain(from, kinds);
    }

    private SqlQuery Plain(FromClause from, SqlKind[]? kinds)
    {
        kinds ??= [.. Enumerable.Range(0, _dice.Between(1, 4)).Select(_ => _dice.Pick(Kinds))];
        var items = new List<SqlExpression>();
        foreach (var kind in kinds)
        {
            items.Add(_dice.Below(100) switch
            {
                < 18 => _windows.Create(from, kind),
                < 26 when kind == SqlKind.Whole => _subqueries.Scalar(from.Scope),
                _ => _expressions.Value(from.Scope, kind, 2),
            });
        }

        var (columns, list) = List(items);
        var text = new StringBuilder("SELECT ");
        if (_dice.Chance(12))
        {
            _dice.Has("distinct");
            text.Append("DISTINCT ");
        }

        text.Append(CultureInfo.InvariantCulture, $"{list} FROM {from.Text}{Where(from)}");
        if (_dice.Chance(10) && _windows.Place(from) is { } place)
        {
            _dice.Has("qualify");
            text.Append(CultureInfo.InvariantCulture, $" QUALIFY {place} <= {_dice.Between(1, 4)}");
        }

        return new SqlQuery(text.ToString(), columns, []);
    }

    private SqlQuery Aggregate(FromClause from, SqlKind[]? kinds, bool isOutermost)
    {
        _dice.Has("aggregate");
        var groups = new List<int>();
        var items = new List<SqlExpression>();
        foreach (var kind in kinds ?? AggregateKinds(isOutermost))
        {
            var candidates = from.Scope.Where(column => column.Kind == kind).ToList();
            if (kind != SqlKind.Rounded && candidates.Count > 0 && _dice.Chance(45))
            {
                groups.Add(items.Count);
                items.Add(_dice.Chance(80) ? _dice.Pick(candidates) : Derived(_dice.Pick(candidates)));
            }
            else
            {
                items.Add(_aggregates.Create(from.Scope, kind));
            }
        }

        var text = new StringBuilder();
        var (columns, _) = List(items);
        var groupBy = GroupBy(columns, groups, out var isSimple);
        if (kinds is null && isSimple && groups.Count > 0 && groups.Count < items.Count && _dice.Chance(25))
        {
            _dice.Has("window over aggregates");
            var aggregate = items.FindIndex(item => !groups.Contains(items.IndexOf(item)) && item.Kind == SqlKind.Whole);
            if (aggregate >= 0)
            {
                items.Add(_dice.Chance(50)
                    ? new SqlExpression($"rank() OVER (ORDER BY {items[aggregate].Text} DESC)", SqlKind.Whole, 1e7, true)
                    : new SqlExpression($"sum({items[aggregate].Text}) OVER (PARTITION BY {items[groups[0]].Text})", SqlKind.Whole, items[aggregate].Bound * 1e7, true));
                columns = [.. columns, Column(items[^1])];
            }
        }

        text.Append(CultureInfo.InvariantCulture, $"SELECT {Join(items, columns)} FROM {from.Text}{Where(from)}{groupBy}");
        if (_dice.Chance(groups.Count > 0 ? 20 : 4))
        {
            _dice.Has("having");
            text.Append(CultureInfo.InvariantCulture, $" HAVING {(_dice.Chance(60) ? "count(*)" : _aggregates.Create(from.Scope, SqlKind.Whole).Text)} {_dice.Pick([">", "<>", "<="])} {_dice.Between(0, 9)}");
        }

        return new SqlQuery(text.ToString(), columns, []);
    }

    private IEnumerable<SqlKind> AggregateKinds(bool isOutermost)
    {
        for (var count = _dice.Between(1, 4); count > 0; count--)
        {
            yield return isOutermost && _dice.Chance(8) ? SqlKind.Rounded : _dice.Pick(Kinds);
        }
    }

    /// <summary>A group by something made of a column.</summary>
    private static SqlExpression Derived(SqlExpression column) => column.Kind switch
    {
        SqlKind.Whole => column with { Text = $"({column.Text} % 5)" },
        SqlKind.Text => column with { Text = $"upper({column.Text})" },
        SqlKind.Date => column with { Text = $"date_trunc('month', {column.Text})::DATE" },
        _ => column with { Text = $"({column.Text} IS NULL)", Kind = SqlKind.Flag },
    };

    private string GroupBy(IReadOnlyList<SqlColumn> columns, List<int> groups, out bool isSimple)
    {
        isSimple = true;
        if (groups.Count == 0)
        {
            return "";
        }

        var names = groups.Select(place => columns[place].Name).ToList();
        var form = _dice.Below(100);

        // With GROUP BY ALL, DuckDB does not find the groups inside window functions.
        isSimple = form >= 30;
        if (form < 18)
        {
            _dice.Has(form < 10 ? "rollup" : form < 14 ? "cube" : "grouping sets");
        }

        var list = string.Join(", ", names);
        return form switch
        {
            < 10 => $" GROUP BY ROLLUP ({list})",
            < 14 => $" GROUP BY CUBE ({list})",
            < 18 => $" GROUP BY GROUPING SETS (({list}), ({names[0]}), ())",
            < 30 => " GROUP BY ALL",
            _ => $" GROUP BY {list}",
        };
    }

    private string Where(FromClause from)
    {
        var conditions = new List<string>();
        if (_dice.Chance(50))
        {
            conditions.Add(_expressions.Predicate(from.Scope, 2));
        }

        if (_dice.Chance(24))
        {
            conditions.Add(_subqueries.Predicate(from.Scope));
        }

        return conditions.Count == 0 ? "" : $" WHERE {string.Join(" AND ", conditions)}";
    }

    private (IReadOnlyList<SqlColumn> Columns, string Text) List(List<SqlExpression> items)
    {
        SqlColumn[] columns = [.. items.Select(Column)];
        return (columns, Join(items, columns));
    }

    private SqlColumn Column(SqlExpression item) => new(_dice.Name("c"), item.Kind, item.Bound, item.IsWide);

    private static string Join(List<SqlExpression> items, IReadOnlyList<SqlColumn> columns) =>
        string.Join(", ", items.Zip(columns, (item, column) => $"{item.Text} AS {column.Name}"));
}
