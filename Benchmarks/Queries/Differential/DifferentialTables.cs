using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Differential;

/// <summary>
/// Small tables that are unkind on purpose: hot keys, keys that match nothing, columns that are mostly null, duplicate rows, one row and none.
/// </summary>
public static class DifferentialTables
{
    /// <summary>Words that text columns hold, alone or with nulls; some look alike.</summary>
    internal static IReadOnlyList<string> Words { get; } = ["", "a", "A", "ab", "abc", "red", "Red ", "green", "blue", "übung", "100%", "it's"];

    /// <summary>Days from here on are in the tables.</summary>
    internal static DateOnly FirstDay { get; } = new(2024, 1, 1);

    private static readonly SqlRelation Facts = new(
        "facts",
        [
            new("id", SqlKind.Whole, 1e7, true), new("k", SqlKind.Whole, 1e3), new("d", SqlKind.Whole, 1e3), new("q", SqlKind.Whole, 1e3),
            new("amount", SqlKind.Exact, 1e6), new("word", SqlKind.Text), new("day", SqlKind.Date), new("flag", SqlKind.Flag),
        ],
        ["id"]);

    private static readonly SqlRelation Dims = new(
        "dims",
        [
            new("id", SqlKind.Whole, 1e3), new("name", SqlKind.Text), new("parent", SqlKind.Whole, 1e3), new("weight", SqlKind.Whole, 1e6, true),
            new("since", SqlKind.Date),
        ],
        ["id"],
        IsSmall: true);

    private static readonly SqlRelation Sparse = new(
        "sparse",
        [
            new("id", SqlKind.Whole, 1e7, true), new("k", SqlKind.Whole, 1e3), new("v", SqlKind.Whole, 1e6, true), new("price", SqlKind.Exact, 1e6),
            new("word", SqlKind.Text), new("day", SqlKind.Date),
        ],
        ["id"]);

    /// <summary>What queries may name; the columns of <see cref="Create"/>.</summary>
    public static IReadOnlyList<SqlRelation> Catalog { get; } =
    [
        Facts,
        Dims,
        Sparse,
        new("pairs", [new("a", SqlKind.Whole, 1e3), new("b", SqlKind.Whole, 1e3), new("ok", SqlKind.Flag)], []),
        new("single", [new("id", SqlKind.Whole, 1e3), new("word", SqlKind.Text), new("amount", SqlKind.Exact, 1e6)], ["id"], IsSmall: true),
        Sparse with { Name = "nothing", IsSmall = true },
    ];

    /// <summary>The tables of <see cref="Catalog"/>.</summary>
    /// <param name="seed">Same seed, same rows.</param>
    /// <param name="factRowCount">Rows of the largest one, at least 100; the default 1,200 keeps 500 queries within seconds.</param>
    public static TableSet Create(ulong seed, int factRowCount = 1_200)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(factRowCount, 100);
        return new TableSet(
            string.Create(CultureInfo.InvariantCulture, $"differential-n{factRowCount}-s{seed}-v1"),
            [.. Catalog.Select((relation, index) => new GeneratedTable(
                relation.Name, Schema(relation), RowCount(relation.Name, factRowCount), batch => new RandomRows(relation, seed + (ulong)index, batch)))]);
    }

    private static long RowCount(string table, int factRowCount) => table switch
    {
        "facts" => factRowCount,
        "dims" => 60,
        "sparse" => factRowCount / 3,
        "pairs" => factRowCount / 4,
        "single" => 1,
        _ => 0,
    };

    private static ArrowSchema Schema(SqlRelation relation) => new([.. relation.Columns.Select(column => column.Kind switch
    {
        SqlKind.Whole => column.IsWide ? Fields.Key(column.Name, true) : Fields.Int(column.Name, true),
        SqlKind.Exact => Fields.Amount(column.Name, true),
        SqlKind.Text => Fields.Text(column.Name, true),
        SqlKind.Flag => Fields.Flag(column.Name, true),
        _ => Fields.Date(column.Name, true),
    })]);
}
