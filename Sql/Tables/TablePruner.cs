using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansFlow.Engine;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Sql.Tables;

/// <summary>
/// Finds the files and row groups that a scan's conditions exclude. The engine itself compares: what it would say of a row is what it says of a path's
/// values and a footer's bounds. Whatever is not known, or cannot be computed, is kept.
/// </summary>
internal sealed class TablePruner
{
    // Types whose bounds in footers are in the engine's own order. Floating-point columns are not: NaN is in no bound, and above all of them.
    private static readonly HashSet<string> Ordered = new(StringComparer.Ordinal)
    {
        "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS",
        "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE", "VARCHAR",
    };

    private readonly TableDescription _table;
    private readonly List<(int File, int Group)> _units = [];
    private readonly HashSet<(int File, int Group)> _excluded = [];

    private TablePruner(TableDescription table) => _table = table;

    /// <summary>Asks the engine.</summary>
    /// <param name="session">The engine.</param>
    /// <param name="table">The table.</param>
    /// <param name="conditions">What is true of every row that is wanted.</param>
    /// <param name="groupBytesMin">Bytes of a table's row groups below which none of them is left out: the engine skips them as fast as it is asked about them.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>Whether a row group of a file (-1: all of the file) may have rows that are wanted.</returns>
    public static async Task<Func<int, int, bool>> PruneAsync(
        EngineSession session, TableDescription table, IReadOnlyList<ScanCondition> conditions, long groupBytesMin, CancellationToken cancellationToken)
    {
        var pruner = new TablePruner(table);
        if (conditions.Count > 0 && table.WholeReason is null)
        {
            await pruner.PruneFilesAsync(session, conditions, cancellationToken).ConfigureAwait(false);
            if (table.Files.Sum(file => file.RowGroups.Sum(group => group.ByteCount)) >= groupBytesMin)
            {
                await pruner.PruneGroupsAsync(session, conditions, cancellationToken).ConfigureAwait(false);
            }
        }

        return (file, group) => !pruner._excluded.Contains((file, group));
    }

    private async Task PruneFilesAsync(EngineSession session, IReadOnlyList<ScanCondition> conditions, CancellationToken cancellationToken)
    {
        _units.Clear();
        _units.AddRange(Enumerable.Range(0, _table.Files.Count).Select(file => (file, -1)));
        foreach (var condition in conditions)
        {
            var places = condition.Columns.Select(PartitionOf).ToArray();
            if (places.Length == 0 || places.Any(place => place < 0))
            {
                continue;
            }

            var casts = places.Select((_, index) => string.Create(
                CultureInfo.InvariantCulture, $"TRY_CAST(url_decode(u.v{index}) AS {TypeOf(condition.Columns[index])}) AS c{index}, u.v{index} AS v{index}"));
            var isUnread = string.Concat(places.Select((_, index) => string.Create(CultureInfo.InvariantCulture, $" OR (v{index} IS NOT NULL AND c{index} IS NULL)")));
            var exclusion = new Exclusion(
                [.. casts],
                [.. places.Select((_, index) => (string.Create(CultureInfo.InvariantCulture, $"v{index}"), "VARCHAR"))],
                $"NOT coalesce({condition.Sql}, false) AND NOT (false{isUnread})",
                (writer, unit) =>
                {
                    for (var index = 0; index < places.Length; index++)
                    {
                        writer.WriteString(string.Create(CultureInfo.InvariantCulture, $"v{index}"), _table.Files[unit.File].PartitionValues[places[index]]);
                    }
                });
            await TryExcludeAsync(session, [exclusion], cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task PruneGroupsAsync(EngineSession session, IReadOnlyList<ScanCondition> conditions, CancellationToken cancellationToken)
    {
        _units.Clear();
        for (var file = 0; file < _table.Files.Count; file++)
        {
            for (var group = 0; group < _table.Files[file].RowGroups.Count && !_excluded.Contains((file, -1)); group++)
            {
                _units.Add((file, group));
            }
        }

        var ranges = conditions
            .Where(condition => condition.RangeSql is not null && condition.Columns.All(column => PartitionOf(column) >= 0 || Ordered.Contains(PlainType(TypeOf(column)))))
            .Select(condition => new Exclusion(
                [.. condition.Columns.Select((column, index) => string.Create(
                    CultureInfo.InvariantCulture, $"{Bound("lo", column, index)}, {Bound("hi", column, index)}, u.nulls{index} AS nulls{index}")), "u.n AS n"],
                [.. condition.Columns.SelectMany((_, index) => new[]
                {
                    (string.Create(CultureInfo.InvariantCulture, $"lo{index}"), "VARCHAR"),
                    (string.Create(CultureInfo.InvariantCulture, $"hi{index}"), "VARCHAR"),
                    (string.Create(CultureInfo.InvariantCulture, $"nulls{index}"), "BIGINT"),
                }), ("n", "BIGINT")],
                $"({condition.RangeSql}) IS FALSE",
                (writer, unit) => WriteRanges(writer, unit, condition.Columns)))
            .ToArray();

        // One question for all of them; one that cannot be computed must not hide what the others say.
        if (ranges.Length > 0 && _units.Count > 0 && !await TryExcludeAsync(session, ranges, cancellationToken).ConfigureAwait(false) && ranges.Length > 1)
        {
            foreach (var range in ranges)
            {
                await TryExcludeAsync(session, [range], cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private string Bound(string name, string column, int index)
    {
        var text = PartitionOf(column) < 0 ? "u." : "url_decode(u.";
        var end = PartitionOf(column) < 0 ? "" : ")";
        return string.Create(CultureInfo.InvariantCulture, $"TRY_CAST({text}{name}{index}{end} AS {TypeOf(column)}) AS {name}{index}");
    }

    private void WriteRanges(Utf8JsonWriter writer, (int File, int Group) unit, IReadOnlyList<string> columns)
    {
        var file = _table.Files[unit.File];
        var group = file.RowGroups[unit.Group];
        for (var index = 0; index < columns.Count; index++)
        {
            string? low = null;
            string? high = null;
            long? nullCount = null;
            if (PartitionOf(columns[index]) is var partition && partition >= 0)
            {
                low = high = file.PartitionValues[partition];
                nullCount = low is null ? group.RowCount : 0;
            }
            else if (PlaceOf(file.Columns, columns[index]) is var place && place >= 0
                && file.Columns[place].Type == TypeOf(columns[index]) && group.Ranges[place] is { } range)
            {
                (low, high, nullCount) = (range.Min, range.Max, range.NullCount);
            }

            writer.WriteString(string.Create(CultureInfo.InvariantCulture, $"lo{index}"), low);
            writer.WriteString(string.Create(CultureInfo.InvariantCulture, $"hi{index}"), high);
            var nulls = string.Create(CultureInfo.InvariantCulture, $"nulls{index}");
            if (nullCount is { } count)
            {
                writer.WriteNumber(nulls, count);
            }
            else
            {
                writer.WriteNull(nulls);
            }
        }

        writer.WriteNumber("n", group.RowCount);
    }

    /// <summary>Leaves out the units that any of the exclusions is true of.</summary>
    /// <returns>False: it cannot be computed, and everything stays.</returns>
    private async Task<bool> TryExcludeAsync(EngineSession session, IReadOnlyList<Exclusion> exclusions, CancellationToken cancellationToken)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartArray();
            for (var unit = 0; unit < _units.Count; unit++)
            {
                writer.WriteStartObject();
                writer.WriteNumber("i", unit);
                for (var index = 0; index < exclusions.Count; index++)
                {
                    writer.WriteStartObject(NameOf(index));
                    exclusions[index].Write(writer, _units[unit]);
                    writer.WriteEndObject();
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        var shapes = exclusions.Select((exclusion, index) =>
            $",\"{NameOf(index)}\":{{{string.Join(',', exclusion.Fields.Select(field => $"\"{field.Name}\":\"{field.Type}\""))}}}");
        var questions = exclusions.Select((exclusion, index) =>
            $"SELECT i FROM (SELECT i, {string.Join(", ", exclusion.Casts)} FROM (SELECT unit.i AS i, unit.{NameOf(index)} AS u FROM units)) WHERE {exclusion.Sql}");
        var sql = $"WITH units AS (SELECT unnest(from_json(CAST($1 AS JSON), '[{{\"i\":\"BIGINT\"{string.Concat(shapes)}}}]')) AS unit) {string.Join(" UNION ALL ", questions)}";
        try
        {
            var rows = await MetadataQuery.RowsAsync(session, sql, [Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length)], cancellationToken).ConfigureAwait(false);
            foreach (var row in rows)
            {
                _excluded.Add(_units[(int)(long)row[0]!]);
            }

            return true;
        }
        catch (EngineException exception) when (exception.Kind is not EngineErrorKind.Interrupted)
        {
            // The condition may fail on values that the query never meets, or call what only workers have: everything is read then.
            return false;
        }
    }

    private static string NameOf(int exclusion) => string.Create(CultureInfo.InvariantCulture, $"e{exclusion}");

    private int PartitionOf(string column)
    {
        for (var index = 0; index < _table.PartitionColumns.Count; index++)
        {
            if (_table.PartitionColumns[index].Equals(column, StringComparison.OrdinalIgnoreCase))
            {
                return index;
            }
        }

        return -1;
    }

    private string TypeOf(string column) => PlaceOf(_table.Columns, column) is var place && place >= 0 ? _table.Columns[place].Type : "VARCHAR";

    private static string PlainType(string type) => type.StartsWith("DECIMAL", StringComparison.Ordinal) ? "BIGINT" : type;

    private static int PlaceOf(IReadOnlyList<TableColumn> columns, string name)
    {
        for (var index = 0; index < columns.Count; index++)
        {
            if (columns[index].Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return index;
            }
        }

        return -1;
    }

    /// <summary>A condition as a question about units.</summary>
    /// <param name="Casts">What the question names, made of the fields of <c>u</c>.</param>
    /// <param name="Fields">What is written of a unit.</param>
    /// <param name="Sql">True of what is left out.</param>
    /// <param name="Write">Writes the fields of a unit.</param>
    private sealed record Exclusion(
        IReadOnlyList<string> Casts,
        IReadOnlyList<(string Name, string Type)> Fields,
        string Sql,
        Action<Utf8JsonWriter, (int File, int Group)> Write);
}
