using OrleansFlow.Engine;
using OrleansFlow.Errors;

namespace OrleansFlow.Sql.Tables;

/// <summary>Puts the footers of a table's Parquet files together.</summary>
internal static class ParquetTable
{
    /// <summary>Describes the table.</summary>
    /// <exception cref="FlowException">The files do not fit together.</exception>
    public static async Task<TableDescription> DescribeAsync(
        EngineSession session, TableSource source, IReadOnlyList<ListedFile> listed, IReadOnlyList<ParquetFooter> footers, CancellationToken cancellationToken)
    {
        var isUnion = source.Says(TableReaders.UnionByName);
        if (!isUnion)
        {
            ThrowIfUnlike(listed, footers);
        }

        var hive = HiveReading.Find(source, listed);
        var query = $"SELECT * FROM read_parquet({FileLister.Literals(listed.Select(file => file.Path))}{TableText.Arguments(hive.Options)})";
        var columns = await MetadataQuery.ColumnsAsync(session, query, cancellationToken).ConfigureAwait(false);

        // A real column of this name would be taken for the number of the row.
        var isDivisible = !footers.Any(footer => Has(footer.Columns, TableReaders.FileRowNumber));
        var files = listed.Select((file, index) => new TableFile
        {
            Path = file.Path,
            SizeBytes = file.SizeBytes,
            ModifiedUtc = file.ModifiedUtc,
            RowCount = footers[index].RowCount,
            Columns = footers[index].Columns,
            RowGroups = isDivisible ? footers[index].RowGroups : [],
            PartitionValues = HivePath.Values(file.Path, hive.Keys),
        }).ToArray();
        return new TableDescription
        {
            Source = source,
            Columns = columns,
            RowCount = footers.Sum(footer => footer.RowCount),
            IsRowCountExact = true,
            ByteCount = listed.Sum(file => file.SizeBytes),
            PartCountMax = Math.Max(1, files.Sum(file => Math.Max(1, file.RowGroups.Count))),
            Files = files,
            PartitionColumns = hive.Keys,
            ReadOptions = hive.Explicit(columns),
            Statistics = TableStatistics.Of(columns, files, hive.Keys),
        };
    }

    // The first file says what the columns are; the engine itself would find out only while it reads, and name one file.
    private static void ThrowIfUnlike(IReadOnlyList<ListedFile> listed, IReadOnlyList<ParquetFooter> footers)
    {
        var first = footers[0].Columns;
        for (var index = 1; index < footers.Count; index++)
        {
            var other = footers[index].Columns;
            if (ReferenceEquals(other, first))
            {
                continue;
            }

            foreach (var column in first)
            {
                var found = other.FirstOrDefault(candidate => candidate.Name.Equals(column.Name, StringComparison.OrdinalIgnoreCase));
                if (found?.Type == column.Type)
                {
                    continue;
                }

                throw new FlowException(
                    FlowErrorCode.BadInput,
                    $"The column '{column.Name}' is {column.Type} in '{listed[0].Path}' and {found?.Type ?? "missing"} in '{listed[index].Path}'; "
                    + "read them with union_by_name = true, which widens types and fills with NULL, or leave one out.");
            }
        }
    }

    private static bool Has(IReadOnlyList<TableColumn> columns, string name) =>
        columns.Any(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
