using System.Globalization;
using OrleansFlow.Engine;
using OrleansFlow.Errors;

namespace OrleansFlow.Sql.Tables;

/// <summary>What the footer of a Parquet file says.</summary>
internal sealed record ParquetFooter(IReadOnlyList<TableColumn> Columns, long RowCount, IReadOnlyList<TableRowGroup> RowGroups)
{
    /// <summary>What keeping it costs: one for the file and one for each column of each row group.</summary>
    public long Weight => 1 + ((long)RowGroups.Count * (1 + Columns.Count));
}

/// <summary>Reads footers of Parquet files through the engine, many in one statement.</summary>
internal static class ParquetFooters
{
    // Rows of an answer are kept as objects; this many files have some hundred thousand at most.
    private const int FilesPerQuery = 128;

    /// <summary>The footers of some files, in their order.</summary>
    /// <exception cref="FlowException">A file is gone, or is no Parquet file.</exception>
    public static async Task<IReadOnlyList<ParquetFooter>> ReadAsync(EngineSession session, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var footers = new List<ParquetFooter>(paths.Count);
        var schemas = new Dictionary<string, IReadOnlyList<TableColumn>>(StringComparer.Ordinal);
        foreach (var chunk in paths.Chunk(FilesPerQuery))
        {
            try
            {
                footers.AddRange(await ReadChunkAsync(session, chunk, schemas, cancellationToken).ConfigureAwait(false));
            }
            catch (EngineException exception) when (exception.Kind is not EngineErrorKind.Interrupted)
            {
                throw await FindFaultyAsync(session, chunk, exception, cancellationToken).ConfigureAwait(false);
            }
        }

        return footers;
    }

    private static async Task<IEnumerable<ParquetFooter>> ReadChunkAsync(
        EngineSession session, string[] paths, Dictionary<string, IReadOnlyList<TableColumn>> schemas, CancellationToken cancellationToken)
    {
        var list = FileLister.Literals(paths);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var row in await RowsAsync(session, $"SELECT file_name, num_rows FROM parquet_file_metadata({list})", cancellationToken).ConfigureAwait(false))
        {
            counts[(string)row[0]!] = (long)row[1]!;
        }

        var columns = new Dictionary<string, IReadOnlyList<TableColumn>>(StringComparer.Ordinal);
        var fingerprints =
            "SELECT file_name, md5(string_agg(concat_ws('|', name, type, repetition_type, num_children, converted_type, \"scale\", \"precision\", logical_type), "
            + $"chr(10) ORDER BY column_id)) FROM parquet_schema({list}) GROUP BY file_name";
        foreach (var row in await RowsAsync(session, fingerprints, cancellationToken).ConfigureAwait(false))
        {
            var (file, fingerprint) = ((string)row[0]!, (string)row[1]!);
            if (!schemas.TryGetValue(fingerprint, out var known))
            {
                var query = $"SELECT * FROM read_parquet({FileLister.Literals([file])}, hive_partitioning = false)";
                schemas[fingerprint] = known = await MetadataQuery.ColumnsAsync(session, query, cancellationToken).ConfigureAwait(false);
            }

            columns[file] = known;
        }

        var groups = await GroupsAsync(session, list, columns, cancellationToken).ConfigureAwait(false);
        return paths.Select(path => new ParquetFooter(columns[path], counts[path], groups.TryGetValue(path, out var found) ? found : []));
    }

    private static async Task<Dictionary<string, List<TableRowGroup>>> GroupsAsync(
        EngineSession session, string list, Dictionary<string, IReadOnlyList<TableColumn>> columns, CancellationToken cancellationToken)
    {
        // Bounds that were cut off are bounds all the same, but cut text need not be text any more.
        var rows = await RowsAsync(
            session,
            "SELECT file_name, row_group_id, row_group_num_rows, coalesce(row_group_compressed_bytes, row_group_bytes), path_in_schema, "
            + "CASE WHEN min_is_exact IS NOT FALSE THEN stats_min_value END, CASE WHEN max_is_exact IS NOT FALSE THEN stats_max_value END, "
            + $"stats_null_count, stats_distinct_count FROM parquet_metadata({list}) ORDER BY file_name, row_group_id, column_id",
            cancellationToken).ConfigureAwait(false);
        var files = new Dictionary<string, List<TableRowGroup>>(StringComparer.Ordinal);
        var index = 0;
        while (index < rows.Count)
        {
            var first = rows[index];
            var file = (string)first[0]!;
            var schema = columns[file];
            var ranges = new ColumnRange?[schema.Count];
            for (; index < rows.Count && (string)rows[index][0]! == file && (long)rows[index][1]! == (long)first[1]!; index++)
            {
                var row = rows[index];
                var position = Position(schema, (string)row[4]!);
                if (position >= 0)
                {
                    ranges[position] = new ColumnRange((string?)row[5], (string?)row[6], (long?)row[7], (long?)row[8]);
                }
            }

            if (!files.TryGetValue(file, out var groups))
            {
                files[file] = groups = [];
            }

            var firstRow = groups.Count == 0 ? 0 : groups[^1].FirstRow + groups[^1].RowCount;
            groups.Add(new TableRowGroup(firstRow, (long)first[2]!, (long)(first[3] ?? 0L), ranges));
        }

        return files;
    }

    // Leaves of nested columns have paths of their own, and statistics that say nothing of the column.
    private static int Position(IReadOnlyList<TableColumn> schema, string path)
    {
        for (var index = 0; index < schema.Count; index++)
        {
            if (schema[index].Name.Equals(path, StringComparison.Ordinal))
            {
                return index;
            }
        }

        return -1;
    }

    // The engine does not name the file in every message, so the files are opened one by one.
    private static async Task<FlowException> FindFaultyAsync(
        EngineSession session, string[] paths, EngineException exception, CancellationToken cancellationToken)
    {
        foreach (var path in paths)
        {
            if (!File.Exists(path))
            {
                return TableErrors.Gone(path, exception);
            }

            try
            {
                await RowsAsync(session, $"SELECT num_rows FROM parquet_file_metadata({FileLister.Literals([path])})", cancellationToken).ConfigureAwait(false);
            }
            catch (EngineException fault)
            {
                return TableErrors.Corrupt(path, fault);
            }
        }

        return new FlowException(
            FlowErrorCode.DataFileMissing,
            string.Create(CultureInfo.InvariantCulture, $"One of {paths.Length} files from '{paths[0]}' on cannot be read as Parquet. {exception.Message}"),
            exception);
    }

    private static Task<List<object?[]>> RowsAsync(EngineSession session, string sql, CancellationToken cancellationToken) =>
        MetadataQuery.RowsAsync(session, sql, null, cancellationToken);
}
