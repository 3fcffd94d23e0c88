using System.Globalization;
using System.Text;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Differential;

/// <summary>
/// Queries made from seeds, for comparing two engines over the same tables. Every one is valid, cannot fail while it runs, and has one right
/// result: rows are cut only in a total order, window functions see rows in a total order or give peers the same value, sums are exact.
/// </summary>
public static class RandomQueries
{
    private const double Tolerance = 1e-9;

    /// <summary>The query of a seed, over <see cref="DifferentialTables.Catalog"/>.</summary>
    /// <param name="seed">Same seed, same query.</param>
    public static RandomQuery Create(ulong seed)
    {
        var dice = new Dice(seed);
        List<SqlRelation> relations = [.. DifferentialTables.Catalog];
        var generator = new SelectGenerator(dice, relations);
        var text = new StringBuilder();
        AppendCtes(text, dice, relations, generator);
        var query = generator.Body(2, isOutermost: true);
        var places = Enumerable.Range(0, query.Columns.Count).Where(place => query.Columns[place].Kind != SqlKind.Rounded).ToList();
        var hasFloats = places.Count < query.Columns.Count;
        query = dice.Below(100) switch
        {
            < 30 when !hasFloats => generator.Cut(query),
            < 34 when !hasFloats => DistinctOn(dice, generator, query),
            < 60 when places.Count > 0 => Ordered(generator, query, dice.Some(places, 3)),
            _ => query,
        };
        text.Append(query.Text);
        return new RandomQuery(
            new QueryText(seed.ToString(CultureInfo.InvariantCulture), text.ToString(), query.Order, hasFloats ? Tolerance : 0), dice.Features);
    }

    private static SqlQuery Ordered(SelectGenerator generator, SqlQuery query, IReadOnlyList<int> places) =>
        query with { Text = $"{query.Text} {generator.OrderBy(query, places)}", Order = places };

    private static SqlQuery DistinctOn(Dice dice, SelectGenerator generator, SqlQuery query)
    {
        dice.Has("distinct on");
        List<int> places = [.. Enumerable.Range(0, query.Columns.Count)];
        return query with
        {
            Text = $"SELECT DISTINCT ON ({query.Columns[0].Name}) * FROM ({query.Text}) AS {dice.Name("t")} {generator.OrderBy(query, places)}",
            Order = places,
        };
    }

    private static void AppendCtes(StringBuilder text, Dice dice, List<SqlRelation> relations, SelectGenerator generator)
    {
        if (!dice.Chance(30))
        {
            return;
        }

        dice.Has("cte");
        var ctes = new List<string>();
        if (dice.Chance(15))
        {
            // All ancestors of each row: UNION instead of UNION ALL ends it, for the parents go in circles.
            dice.Has("recursive cte");
            var (name, node, top) = (dice.Name("w"), dice.Name("n"), dice.Name("n"));
            ctes.Add($"{name}({node}, {top}) AS (SELECT id, parent FROM dims UNION SELECT w.{node}, d.parent FROM {name} AS w JOIN dims AS d ON d.id = w.{top})");
            relations.Insert(0, new SqlRelation(name, [new(node, SqlKind.Whole, 1e3), new(top, SqlKind.Whole, 1e3)], []));
        }

        for (var count = dice.Between(1, 2); count > 0; count--)
        {
            var query = generator.Inner(1);
            var name = dice.Name("w");

            // Behind WITH RECURSIVE a bare UNION would be taken for a recursion.
            var body = query.Text.StartsWith('(') ? $"SELECT * FROM ({query.Text}) AS {dice.Name("t")}" : query.Text;
            ctes.Add($"{name} AS {dice.Pick(["", "", "MATERIALIZED ", "NOT MATERIALIZED "])}({body})");
            relations.Insert(0, new SqlRelation(name, query.Columns, []));
        }

        text.Append(CultureInfo.InvariantCulture, $"WITH {(dice.Features.Contains("recursive cte") ? "RECURSIVE " : "")}{string.Join(", ", ctes)} ");
    }
}
