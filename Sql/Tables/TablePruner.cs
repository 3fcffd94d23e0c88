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
    /// <returns>Whether a row group of a file (-1: all of the file) may have rows that are wanted.</returns>
    public static async Task<Func<int, int, bool>> PruneAsync(
        EngineSession session, TableDescription table, IReadOnlyList<ScanCondition> conditions, CancellationToken cancellationToken)
    {
        var pruner = new TablePruner(table);
        if (conditions.Count > 0 && table.WholeReason is null)
        {
            await pruner.PruneFilesAsync(session, conditions, cancellationToken).ConfigureAwait(false);
            await pruner.PruneGroupsAsync(session, conditions, cancellationToken).ConfigureAwait(false);
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
            await ExcludeAsync(
                session,
                places.Select((_, index) => (string.Create(CultureInfo.InvariantCulture, $"v{index}"), "VARCHAR")),
                casts,
                $"NOT coalesce({condition.Sql}, false) AND NOT (false{isUnread})",
                (writer, unit) =>
                {
                    for (var index = 0; index < places.Length; index++)
                    {
                        writer.WriteString(string.Create(CultureInfo.InvariantCulture, $"v{index}"), _table.Files[unit.File].PartitionValues[places[index]]);
                    }
                },
                cancellationToken).ConfigureAwait(false);
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

        foreach (var condition in conditions)
        {
            if (condition.RangeSql is null || _units.Count == 0 || condition.Columns.Any(column => PartitionOf(column) < 0 && !Ordered.Contains(PlainType(TypeOf(column)))))
            {
                continue;
            }

            var columns = condition.Columns;
            var casts = columns.Select((column, index) => string.Create(
                CultureInfo.InvariantCulture, $"{Bound("lo", column, index)}, {Bound("hi", column, index)}, u.nulls{index} AS nulls{index}"));
            var fields = columns.SelectMany((_, index) => new[]
            {
                (string.Create(CultureInfo.InvariantCulture, $"lo{index}"), "VARCHAR"),
                (string.Create(CultureInfo.InvariantCulture, $"hi{index}"), "VARCHAR"),
                (string.Create(CultureInfo.InvariantCulture, $"nulls{index}"), "BIGINT"),
            });
            await ExcludeAsync(
                session, fields.Append(("n", "BIGINT")), casts.Append("u.n AS n"), $"({condition.RangeSql}) IS FALSE", (writer, unit) => WriteRanges(writer, unit, columns), cancellationToken)
                .ConfigureAwait(false);
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

    private async Task ExcludeAsync(
        EngineSession session,
        IEnumerable<(string Name, string Type)> fields,
        IEnumerable<string> casts,
        string excludes,
        Action<Utf8JsonWriter, (int File, int Group)> write,
        CancellationToken cancellationToken)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartArray();
            for (var index = 0; index < _units.Count; index++)
            {
                writer.WriteStartObject();
                writer.WriteNumber("i", index);
                write(writer, _units[index]);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        var shape = $"[{{\"i\":\"BIGINT\"{string.Concat(fields.Select(field => $",\"{field.Name}\":\"{field.Type}\""))}}}]";
        var sql = $"SELECT i FROM (SELECT u.i AS i, {string.Join(", ", casts)} FROM (SELECT unnest(from_json(CAST($1 AS JSON), '{shape}')) AS u)) WHERE {excludes}";
        try
        {
            var rows = await MetadataQuery.RowsAsync(session, sql, [Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length)], cancellationToken).ConfigureAwait(false);
            foreach (var row in rows)
            {
                _excluded.Add(_units[(int)(long)row[0]!]);
            }
        }
        catch (EngineException exception) when (exception.Kind is not EngineErrorKind.Interrupted)
        {
            // The condition may fail on values that the query never meets, or call what only workers have: everything is read then.
        }
    }

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
}
