using System.Globalization;
using OrleansFlow.Simulation.Kernel;

namespace OrleansFlow.Simulation.Queries;

/// <summary>
/// What the text of a simulated stage does with its rows. Whatever way the rows are dealt to tasks, all tasks together make the same ones, as long as rows of a key
/// meet where that is asked for: that is the promise of the exchanges.
/// </summary>
internal static class QueryWork
{
    public const string Scan = "scan";
    public const string Map = "map";
    public const string Group = "group";
    public const string Join = "join";
    public const string Sort = "sort";

    /// <summary>Only hands on what it reads; it does so row by row.</summary>
    public const string All = "all";

    /// <summary>Puts sorted rows together.</summary>
    public const string Merge = "merge";

    /// <summary>The rows of a table: few keys, of which one has far more rows than others.</summary>
    public static List<QueryRow> Table(ulong seed, int rowCount)
    {
        var random = new SeededRandom(seed, "table");
        var rows = new List<QueryRow>(rowCount);
        for (var row = 0; row < rowCount; row++)
        {
            rows.Add(new QueryRow(random.Chance(0.5) ? 1 : random.Next(12), random.Next(1_000)));
        }

        return rows;
    }

    /// <summary>One of several parts of a table, as a text of a scan names it.</summary>
    public static List<QueryRow> Part(string scan)
    {
        var parts = scan.Split(' ').Select(text => ulong.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        return [.. Table(parts[0], (int)parts[1]).Where((_, index) => (ulong)index % parts[3] == parts[2])];
    }

    /// <summary>The text of a part.</summary>
    public static string Text(ulong seed, int rowCount, int part, int partCount) =>
        part < 0 ? "0 0 0 1" : string.Create(CultureInfo.InvariantCulture, $"{seed} {rowCount} {part} {partCount}");

    /// <summary>What a stage makes of its rows.</summary>
    /// <param name="work">The word of the stage.</param>
    /// <param name="inputs">The rows of each input.</param>
    public static List<QueryRow> Do(string work, IReadOnlyList<List<QueryRow>> inputs) => work switch
    {
        Map => [.. inputs[0].Where(row => row.Value % 5 != 0).Select(row => new QueryRow((row.Key * 7) % 13, row.Value + 1))],
        Group => [.. inputs[0].GroupBy(row => row.Key).Select(rows => new QueryRow(rows.Key, rows.Sum(row => row.Value) % 1_000))],
        Join => [.. inputs[0].Join(inputs[1], row => row.Key, row => row.Key, (one, other) => new QueryRow(one.Key, ((one.Value * 31) + other.Value) % 1_000))],
        Sort or Merge => [.. inputs[0].Order()],
        _ => inputs[0],
    };
}
