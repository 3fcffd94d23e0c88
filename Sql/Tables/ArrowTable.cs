using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;

namespace OrleansFlow.Sql.Tables;

/// <summary>
/// Describes tables over Arrow IPC files. What a row group is to Parquet, a record batch is here: its place in the file stands for its "first row", and it counts as
/// one "row", for the reader finds batches and not rows.
/// </summary>
internal static class ArrowTable
{
    // A stream says nowhere how many rows it has.
    private const long StreamBytesPerRow = 64;

    /// <summary>Describes the table.</summary>
    /// <exception cref="FlowException">The files do not fit together, or one cannot be read.</exception>
    public static async Task<TableDescription> DescribeAsync(EngineSession session, TableSource source, IReadOnlyList<ListedFile> listed, CancellationToken cancellationToken)
    {
        var hive = HiveReading.Find(source, listed);
        var partitions = ArrowColumns.Guess([.. listed.Select(file => file.Path)], hive.Keys);
        IReadOnlyList<TableOption> options = hive.Keys.Count > 0 ? [ArrowFunction.Types(partitions)] : hive.Options;
        var query = $"SELECT * FROM {ArrowFunction.Name}({FileLister.Literals([listed[0].Path])}{TableText.Arguments(options)})";
        ArrowSchema? first = null;
        var footers = new (ArrowSchema Schema, IReadOnlyList<(long Rows, long Bytes)>? Batches)[listed.Count];
        for (var index = 0; index < footers.Length; index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            footers[index] = ArrowFiles.ReadFooter(listed[index].Path);
            ArrowColumns.ThrowIfUnlike(listed[0].Path, first ??= footers[index].Schema, listed[index].Path, footers[index].Schema);
        }

        var columns = await MetadataQuery.ColumnsAsync(session, query, cancellationToken).ConfigureAwait(false);
        var ranges = new ColumnRange?[columns.Count];
        TableFile[] files =
        [
            .. listed.Select((file, index) => new TableFile
            {
                Path = file.Path,
                SizeBytes = file.SizeBytes,
                ModifiedUtc = file.ModifiedUtc,
                RowCount = footers[index].Batches?.Sum(batch => batch.Rows) ?? (file.SizeBytes / StreamBytesPerRow),
                Columns = columns,
                RowGroups = [.. (footers[index].Batches ?? []).Select((batch, place) => new TableRowGroup(place, 1, batch.Bytes, ranges))],
                PartitionValues = HivePath.Values(file.Path, hive.Keys),
            }),
        ];
        return new TableDescription
        {
            Source = source,
            Columns = columns,
            RowCount = files.Sum(file => file.RowCount),
            IsRowCountExact = footers.All(footer => footer.Batches is not null),
            ByteCount = files.Sum(file => file.SizeBytes),
            PartCountMax = Math.Max(1, files.Sum(file => Math.Max(1, file.RowGroups.Count))),
            Files = files,
            PartitionColumns = hive.Keys,
            ReadOptions = options,
            Statistics = TableStatistics.Of(columns, files, hive.Keys),
        };
    }
}
