using System.Globalization;
using OrleansFlow.Engine;
using OrleansFlow.Errors;

namespace OrleansFlow.Sql.Tables;

/// <summary>Describes tables over CSV and JSON files: the engine guesses once, over all files, and every part is told what it guessed.</summary>
internal static class TextTable
{
    private const int ProbeRowCount = 2_048;

    // Said by the first file's own look, unless the user says it.
    private static readonly (string Option, string[] AlsoKnownAs, int Column)[] Dialect =
    [
        ("delim", ["sep", "delimiter"], 0), ("quote", [], 1), ("escape", [], 2), ("comment", [], 3), ("skip", [], 4), ("header", [], 5),
        ("dateformat", [], 6), ("timestampformat", [], 7),
    ];

    /// <summary>Describes the table.</summary>
    /// <exception cref="FlowException">The files do not fit together, or one cannot be read.</exception>
    public static async Task<TableDescription> DescribeAsync(
        EngineSession session, TableSource source, IReadOnlyList<ListedFile> listed, FileTablesOptions limits, CancellationToken cancellationToken)
    {
        var hive = HiveReading.Find(source, listed);

        // An empty file has no rows, and as the first one it would have no columns.
        var filled = listed.Where(file => file.SizeBytes > 0).ToArray();
        var paths = (filled.Length > 0 ? filled : listed).Select(file => file.Path).ToArray();
        var function = TableReaders.FunctionOf(source.Format);
        var query = $"SELECT * FROM {function}({FileLister.Literals(paths)}{TableText.Arguments(hive.Options)})";
        var columns = await MetadataQuery.ColumnsAsync(session, query, cancellationToken).ConfigureAwait(false);
        var inside = Inside(source, columns, hive.Keys);
        var options = hive.Explicit(columns);
        string? reason = null;
        if (source.Format == TableFormat.Csv)
        {
            await CsvNames.ThrowIfUnlikeAsync(session, source, paths, cancellationToken).ConfigureAwait(false);
            (options, reason) = await CsvAsync(session, source, paths[0], options, inside, cancellationToken).ConfigureAwait(false);
        }
        else if (source.Option(TableReaders.Columns) is null)
        {
            options = [.. options, new TableOption(TableReaders.Columns, TableText.Types(inside))];
            reason = await ProbeAsync(session, function, paths[0], options, inside, cancellationToken).ConfigureAwait(false);
        }

        var lengths = RowLength.Sample(filled, cancellationToken);
        var (ranges, wholeFile) = reason is null
            ? await TextRanges.DivideAsync(source, listed, options, inside.Length, hive.Keys.Count > 0, limits, cancellationToken).ConfigureAwait(false)
            : ([.. listed.Select(_ => FileRanges.Whole)], null);
        var files = listed.Select((file, index) => new TableFile
        {
            Path = file.Path,
            SizeBytes = file.SizeBytes,
            ModifiedUtc = file.ModifiedUtc,
            RowCount = lengths.RowsOf(file),
            RowGroups = ranges[index].Groups,
            NewLine = ranges[index].NewLine,
            PartitionValues = HivePath.Values(file.Path, hive.Keys),
        }).ToArray();
        return new TableDescription
        {
            Source = source,
            Columns = columns,
            RowCount = files.Sum(file => file.RowCount),
            ByteCount = files.Sum(file => file.SizeBytes),
            PartCountMax = reason is null ? Math.Max(1, files.Sum(file => file.SizeBytes == 0 ? 0 : Math.Max(1, file.RowGroups.Count))) : 1,
            WholeReason = reason,
            WholeFileReason = wholeFile,
            Files = files,
            PartitionColumns = hive.Keys,
            Statistics = TableStatistics.Of(columns, files, hive.Keys),

            // In one piece it is read just as the user wrote it.
            ReadOptions = reason is null ? options : hive.Options,
        };
    }

    /// <summary>Columns that stand in the files.</summary>
    private static TableColumn[] Inside(TableSource source, IReadOnlyList<TableColumn> columns, IReadOnlyList<string> keys)
    {
        var name = source.Option(TableReaders.FileName) switch
        {
            null => null,
            var sql when TableReaders.IsTrue(sql) => TableReaders.FileName,
            var sql when sql.StartsWith('\'') => sql.Trim('\''),
            _ => null,
        };
        return [.. columns.Where(column => column.Name != name && !keys.Contains(column.Name, StringComparer.OrdinalIgnoreCase))];
    }

    private static async Task<(IReadOnlyList<TableOption> Options, string? WholeReason)> CsvAsync(
        EngineSession session, TableSource source, string path, IReadOnlyList<TableOption> options, TableColumn[] inside, CancellationToken cancellationToken)
    {
        if (source.Says(TableReaders.UnionByName))
        {
            return (options, "CSV files whose columns are put together by name are read in one piece");
        }

        var told = new List<TableOption>(options);
        if (source.Option("auto_detect") is not { } sniffs || TableReaders.IsTrue(sniffs))
        {
            var rows = await MetadataQuery.RowsAsync(
                session,
                $"SELECT Delimiter, Quote, Escape, Comment, SkipRows, HasHeader, DateFormat, TimestampFormat FROM {CsvNames.Sniffer(source, path)}",
                null,
                cancellationToken).ConfigureAwait(false);
            foreach (var (option, names, column) in Dialect)
            {
                if (rows[0][column] is { } value && source.Option(option) is null && !names.Any(name => source.Option(name) is not null))
                {
                    told.Add(new TableOption(option, Constant(value)));
                }
            }
        }

        if (source.Option(TableReaders.Columns) is null)
        {
            told.RemoveAll(option => option.Name is "types" or "dtypes" or "column_types");
            told.Add(new TableOption("types", TableText.Types(inside)));
        }

        return (told, null);
    }

    // Dates may be written in ways that the engine finds out only when it guesses types; then no part can be told the types.
    private static async Task<string?> ProbeAsync(
        EngineSession session, string function, string path, IReadOnlyList<TableOption> options, TableColumn[] inside, CancellationToken cancellationToken)
    {
        if (!inside.Any(column => column.Type.Contains("DATE", StringComparison.Ordinal) || column.Type.Contains("TIME", StringComparison.Ordinal)))
        {
            return null;
        }

        try
        {
            var counts = string.Join(", ", inside.Select(column => $"count({EngineText.Quote(column.Name)})"));
            var sql = string.Create(
                CultureInfo.InvariantCulture,
                $"SELECT {counts} FROM (SELECT * FROM {function}({FileLister.Literals([path])}{TableText.Arguments(options)}) LIMIT {ProbeRowCount})");
            await MetadataQuery.RowsAsync(session, sql, null, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (EngineException exception) when (exception.Kind is not EngineErrorKind.Interrupted)
        {
            return "the JSON files hold dates in a form of their own; say dateformat, timestampformat or columns to read them in parts";
        }
    }

    private static string Constant(object value) => value switch
    {
        bool flag => flag ? "true" : "false",
        "(empty)" => "''",
        string text => EngineText.Literal(text),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => EngineText.Literal(value.ToString() ?? ""),
    };
}
