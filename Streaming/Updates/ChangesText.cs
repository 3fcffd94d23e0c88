using System.Globalization;
using OrleansFlow.Protocol.Streaming.Operators.V1;

namespace OrleansFlow.Streaming.Updates;

/// <summary>The texts by which the local engine keeps the rows of a <see cref="ChangesOperator"/> and finds what changes.</summary>
/// <remarks>
/// By side s the session has the view <c>news</c> of rows that came, the table <c>rowss</c> of rows that are kept (their columns, their event time t, and e and n, which
/// name a row that a checkpoint has), and the table <c>gones</c> of such rows that are not kept any more.
/// </remarks>
/// <param name="config">What the operator is told.</param>
/// <param name="columnCounts">By side: columns of the rows, without what they carry along.</param>
internal sealed class ChangesText(ChangesConfig config, IReadOnlyList<int> columnCounts)
{
    private int Sides => columnCounts.Count;

    private int KeyCount => config.Inputs[0].KeyColumns.Count;

    /// <summary>Name of the view of rows that came.</summary>
    public static string New(int side) => side == 0 ? "new0" : "new1";

    /// <summary>Name of the table by which rows go to a checkpoint and come from it: their columns, t, e, n, and d for those that are not kept any more.</summary>
    public static string Log(int side) => side == 0 ? "log0" : "log1";

    /// <summary>Makes the empty tables of a side; the view of rows that came is there.</summary>
    public string Create(int side) =>
        $"""
        CREATE TEMP TABLE rows{side} AS SELECT {Data(side)}, {Time(side)} AS t, CAST(NULL AS BIGINT) AS e, CAST(NULL AS BIGINT) AS n FROM new{side} LIMIT 0;
        CREATE TEMP TABLE gone{side} AS FROM rows{side};
        CREATE TEMP TABLE log{side} AS SELECT *, false AS d FROM rows{side};
        """;

    /// <summary>The rows of a checkpoint are in: those that are not deleted are kept.</summary>
    public static string Restore(int side) =>
        $"""
        INSERT INTO rows{side} SELECT * EXCLUDE (d) FROM log{side} l WHERE NOT d AND NOT EXISTS (FROM log{side} x WHERE x.d AND x.e = l.e AND x.n = l.n);
        DELETE FROM log{side};
        """;

    /// <summary>Finds the keys of rows that came or are too old, and what their rows make; afterwards the tables are as the rows that came say.</summary>
    /// <param name="cutoffMicros">Rows before it are too old; null when none is looked for.</param>
    public string Apply(long? cutoffMicros)
    {
        var steps = new List<string> { Keys(cutoffMicros), $"CREATE OR REPLACE TEMP TABLE before AS {Ask(KeptRows)}" };
        for (var side = 0; side < Sides; side++)
        {
            steps.Add($"INSERT INTO rows{side} SELECT {Data(side)}, {Time(side)}, NULL, NULL FROM new{side}{(config.Inputs[side].IsUpdating ? $" WHERE NOT c{columnCounts[side]}" : "")}");
            if (config.Inputs[side].IsUpdating)
            {
                steps.AddRange(Delete(side, TakenBack(side)));
            }

            // Behind the rows that came, which may keep their key.
            if (cutoffMicros is { } cutoff)
            {
                steps.AddRange(Delete(side, $"SELECT rowid AS r FROM ({Old(side)}) WHERE m < {Moment(cutoff)}"));
            }
        }

        steps.Add($"CREATE OR REPLACE TEMP TABLE after AS {Ask(KeptRows)}");
        return string.Join(";\n", steps);
    }

    /// <summary>What only comes: no row is taken back, so the new rows of each side with all of the other side are all that is new.</summary>
    public string Append(long? cutoffMicros)
    {
        var steps = new List<string>();
        for (var side = 0; cutoffMicros is { } cutoff && side < Sides; side++)
        {
            steps.AddRange(Delete(side, $"SELECT rowid AS r FROM rows{side} WHERE t < {Moment(cutoff)}"));
        }

        steps.Add($"CREATE OR REPLACE TEMP TABLE after AS {Ask(side => side == 0 ? NewRows(0) : AllRows(1))} UNION ALL ({Ask(side => side == 0 ? $"{AllRows(0)} UNION ALL {NewRows(0)}" : NewRows(1))})");
        for (var side = 0; side < Sides; side++)
        {
            steps.Add($"INSERT INTO rows{side} SELECT {Data(side)}, {Time(side)}, NULL, NULL FROM new{side}");
        }

        return string.Join(";\n", steps);
    }

    /// <summary>The rows that go out; rows that are taken back come first.</summary>
    /// <param name="columnCount">Columns of the rows that go out, without what they carry along.</param>
    public string Difference(int columnCount)
    {
        if (config.IsAppendOnly)
        {
            return "FROM after";
        }

        var columns = Columns(0, columnCount);
        return $"""
            SELECT {columns}r, c{columnCount} FROM (
                SELECT {columns}true AS r, c{columnCount} FROM ({Without("before", "after", columnCount)})
                UNION ALL
                SELECT {columns}false AS r, c{columnCount} FROM ({Without("after", "before", columnCount)})
            ) ORDER BY r DESC
            """;
    }

    /// <summary>Names the rows that no checkpoint has, and puts them together with those that it must not have any more.</summary>
    /// <param name="writer">Number that no other checkpoint has, and no other subtask of this one.</param>
    public string Save(long writer)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"CAST({writer} AS BIGINT)");
        var steps = new List<string>();
        for (var side = 0; side < Sides; side++)
        {
            steps.Add($"UPDATE rows{side} SET e = {name}, n = rowid WHERE e IS NULL");
            steps.Add($"CREATE OR REPLACE TEMP TABLE log{side} AS SELECT *, false AS d FROM rows{side} WHERE e = {name} UNION ALL SELECT *, true FROM gone{side}");
            steps.Add($"DELETE FROM gone{side}");
        }

        return string.Join(";\n", steps);
    }

    private string Data(int side) => Columns(0, columnCounts[side]).TrimEnd(' ', ',');

    private string Time(int side) => $"c{columnCounts[side] + (config.Inputs[side].IsUpdating ? 1 : 0)}";

    private string KeyOf(int side, int place) => $"c{config.Inputs[side].KeyColumns[place]}";

    private string Keys(long? cutoffMicros)
    {
        if (KeyCount == 0)
        {
            return "SELECT 1";
        }

        var parts = new List<string>();
        for (var side = 0; side < Sides; side++)
        {
            var columns = string.Join(", ", Enumerable.Range(0, KeyCount).Select(place => $"{KeyOf(side, place)} AS k{place}"));
            parts.Add($"SELECT {columns} FROM new{side}");
            if (cutoffMicros is { } cutoff)
            {
                parts.Add($"SELECT {columns} FROM ({Old(side)}) WHERE m < {Moment(cutoff)}");
            }
        }

        return $"CREATE OR REPLACE TEMP TABLE keys AS SELECT DISTINCT * FROM ({string.Join(" UNION ALL ", parts)})";
    }

    /// <summary>Rows with the moment m that decides whether they are too old.</summary>
    private string Old(int side)
    {
        var keys = string.Join(", ", Enumerable.Range(0, KeyCount).Select(place => KeyOf(side, place)));
        return !config.ExpiresKeys ? $"SELECT *, rowid, t AS m FROM rows{side}"
            : $"SELECT *, rowid, max(t) OVER ({(keys.Length == 0 ? "" : $"PARTITION BY {keys}")}) AS m FROM rows{side}";
    }

    private string KeptRows(int side)
    {
        var same = string.Join(" AND ", Enumerable.Range(0, KeyCount).Select(place => $"x.{KeyOf(side, place)} IS NOT DISTINCT FROM y.k{place}"));
        return $"SELECT {Data(side)}, t AS c{columnCounts[side]} FROM rows{side} x{(same.Length == 0 ? "" : $" WHERE EXISTS (FROM keys y WHERE {same})")}";
    }

    private string AllRows(int side) => $"SELECT {Data(side)}, t AS c{columnCounts[side]} FROM rows{side}";

    private string NewRows(int side) => $"SELECT {Data(side)}, {Time(side)} AS c{columnCounts[side]} FROM new{side}";

    private string Ask(Func<int, string> rows) =>
        $"WITH {string.Join(", ", Enumerable.Range(0, Sides).Select(side => $"input{side} AS ({rows(side)})"))} SELECT * FROM ({config.Sql})";

    /// <summary>A row that is taken back is any one of those that are equal to it; one that is not there any more is too old, and nothing is taken back.</summary>
    private string TakenBack(int side)
    {
        var places = Enumerable.Range(0, columnCounts[side]);
        var same = string.Join(" AND ", places.Select(place => $"x.c{place} IS NOT DISTINCT FROM y.c{place}"));
        return $"""
            SELECT r FROM (
                SELECT x.rowid AS r, y.times, row_number() OVER (PARTITION BY y.id ORDER BY x.t, x.rowid) AS place
                FROM rows{side} x JOIN (SELECT *, row_number() OVER () AS id FROM (SELECT {Data(side)}, count(*) AS times FROM new{side} WHERE c{columnCounts[side]} GROUP BY ALL)) y ON {same}
            ) WHERE place <= times
            """;
    }

    private static IEnumerable<string> Delete(int side, string chosen) =>
    [
        $"CREATE OR REPLACE TEMP TABLE chosen AS {chosen}",
        $"INSERT INTO gone{side} SELECT * FROM rows{side} WHERE e IS NOT NULL AND rowid IN (SELECT r FROM chosen)",
        $"DELETE FROM rows{side} WHERE rowid IN (SELECT r FROM chosen)",
    ];

    /// <summary>The rows of a table less those of another one, each as often as it is there; event times do not count.</summary>
    private static string Without(string table, string other, int columnCount)
    {
        var columns = Columns(0, columnCount).TrimEnd(' ', ',');
        var partition = columnCount == 0 ? "" : $"PARTITION BY {columns} ";
        string Numbered(string name) => $"(SELECT *, row_number() OVER ({partition}ORDER BY c{columnCount}) AS place FROM {name})";
        var same = string.Concat(Enumerable.Range(0, columnCount).Select(place => $" AND x.c{place} IS NOT DISTINCT FROM y.c{place}"));
        return $"SELECT * FROM {Numbered(table)} x WHERE NOT EXISTS (FROM {Numbered(other)} y WHERE x.place = y.place{same})";
    }

    /// <summary>Names of columns, with a comma behind each one.</summary>
    private static string Columns(int first, int count) => string.Concat(Enumerable.Range(first, count).Select(place => string.Create(CultureInfo.InvariantCulture, $"c{place}, ")));

    private static string Moment(long micros) => string.Create(CultureInfo.InvariantCulture, $"make_timestamp(CAST({micros} AS BIGINT))");
}
