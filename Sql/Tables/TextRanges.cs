using System.Buffers;
using System.Globalization;
using OrleansFlow.Errors;

namespace OrleansFlow.Sql.Tables;

/// <summary>
/// Divides large CSV and JSON files into ranges of bytes that each hold whole records, where a range on its own is surely read as it is within the file. A file of
/// which that is not sure stays whole.
/// </summary>
internal static class TextRanges
{
    private const int BufferBytes = 1 << 20;

    // These change nothing about where records end, or are said to every range. Whatever else a table says keeps its files whole.
    private static readonly HashSet<string> OfCsv = new(
        [
            "all_varchar", "allow_quoted_nulls", "auto_detect", "auto_type_candidates", TableReaders.Columns, "column_types", "comment", "dateformat", "decimal_separator", "delim", "delimiter", "dtypes", "escape",
            "force_not_null", "header", "names", "normalize_names", "nullstr", "quote", "sample_size", "sep", "skip", "thousands", "timestampformat", "types", TableReaders.HivePartitioning,
        ],
        StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> OfJson = new(
        [
            "auto_detect", TableReaders.Columns, "convert_strings_to_integers", "dateformat", "field_appearance_threshold", "format", "map_inference_threshold", "maximum_depth", "maximum_object_size",
            "sample_size", "timestampformat", TableReaders.HivePartitioning,
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>The ranges of each file, none of a file that stays whole; and why a large file stays whole.</summary>
    /// <param name="source">The table.</param>
    /// <param name="listed">Its files.</param>
    /// <param name="options">How they are read, all said.</param>
    /// <param name="columnCount">Columns inside of the files.</param>
    /// <param name="hasPartitions">Whether values in paths are columns too.</param>
    /// <param name="limits">How large ranges are.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.DataFileMissing"/>: a file cannot be read.</exception>
    public static async Task<(IReadOnlyList<FileRanges> Files, string? Why)> DivideAsync(
        TableSource source, IReadOnlyList<ListedFile> listed, IReadOnlyList<TableOption> options, int columnCount, bool hasPartitions, FileTablesOptions limits, CancellationToken cancellationToken)
    {
        var files = new FileRanges[listed.Count];
        string? why = null;
        var first = listed.FirstOrDefault(file => file.SizeBytes > 0);
        for (var index = 0; index < files.Length; index++)
        {
            files[index] = FileRanges.Whole;
            var file = listed[index];
            if (file.SizeBytes < limits.RangedBytesMin)
            {
                continue;
            }

            var (records, reason) = RecordsOf(source, options, file, columnCount, hasPartitions, limits);
            if (records is not null)
            {
                await ScanAsync(file, records, cancellationToken).ConfigureAwait(false);
                reason = records.Why ?? (records.Starts.Count > 1 ? await OtherHeaderAsync(first, file, records.Starts[0], cancellationToken).ConfigureAwait(false) : null);
            }

            if (reason is not null)
            {
                why ??= $"'{Path.GetFileName(file.Path)}' is read by one task: {reason}";
            }
            else if (records!.Starts.Count > 1)
            {
                var ends = records.Starts.Skip(1).Append(file.SizeBytes);

                // The "rows" of a range are bytes.
                files[index] = new FileRanges(
                    [.. records.Starts.Zip(ends, (start, end) => new TableRowGroup(start, end - start, end - start, []))], (records as CsvRecords)?.NewLine);
            }
        }

        return (files, why);
    }

    private static (ITextRecords? Records, string? Why) RecordsOf(
        TableSource source, IReadOnlyList<TableOption> options, ListedFile file, int columnCount, bool hasPartitions, FileTablesOptions limits)
    {
        var known = source.Format == TableFormat.Json ? OfJson : OfCsv;
        var why = file.SizeBytes > limits.RangedBytesMax ? string.Create(CultureInfo.InvariantCulture, $"it has more than {limits.RangedBytesMax} bytes (FileTablesOptions.RangedBytesMax)")
            : hasPartitions ? "values of its path are columns"
            : Array.Exists([".gz", ".zst"], ending => file.Path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) ? "it is compressed"
            : source.Options.FirstOrDefault(option => !known.Contains(option.Name)) is { } other ? $"{other.Name} is said"
            : null;
        if (why is not null)
        {
            return (null, why);
        }

        if (source.Format == TableFormat.Json)
        {
            return source.Option("format") is null or "'auto'" or "'newline_delimited'" or "'nd'"
                ? (new JsonRecords(limits.RangeBytes), null)
                : (null, "its format is not newline_delimited");
        }

        return DialectOf(options, columnCount) is { } dialect ? (new CsvRecords(dialect, limits.RangeBytes), null)
            : (null, "its separator or quotes are not single plain characters, it has comments or an escape of its own, or lines are skipped");
    }

    /// <summary>The first file says where each column stands; the engine looks at every file's own header, which stands in no range.</summary>
    private static async Task<string?> OtherHeaderAsync(ListedFile first, ListedFile file, long headerBytes, CancellationToken cancellationToken)
    {
        if (headerBytes == 0 || first.Path == file.Path)
        {
            return null;
        }

        const string other = "its header is not written as the first file's";
        if (headerBytes > Math.Min(BufferBytes, first.SizeBytes))
        {
            return other;
        }

        var known = await ReadStartAsync(first.Path, (int)headerBytes, cancellationToken).ConfigureAwait(false);
        var own = await ReadStartAsync(file.Path, (int)headerBytes, cancellationToken).ConfigureAwait(false);
        return known.AsSpan().SequenceEqual(own) ? null : other;
    }

    private static async Task<byte[]> ReadStartAsync(string path, int count, CancellationToken cancellationToken)
    {
        try
        {
            var bytes = new byte[count];
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, useAsync: true);
            await using (stream.ConfigureAwait(false))
            {
                await stream.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
                return bytes;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw TableErrors.Gone(path, exception);
        }
    }

    private static async Task ScanAsync(ListedFile file, ITextRecords records, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            using var handle = File.OpenHandle(file.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous | FileOptions.SequentialScan);
            var position = 0L;
            while (records.Why is null && position < file.SizeBytes)
            {
                var wanted = (int)Math.Min(BufferBytes, file.SizeBytes - position);
                var count = await RandomAccess.ReadAsync(handle, buffer.AsMemory(0, wanted), position, cancellationToken).ConfigureAwait(false);
                if (count == 0)
                {
                    throw TableErrors.Gone(file.Path);
                }

                records.Take(buffer.AsSpan(0, count), position);
                position += count;
            }

            records.End(position);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw TableErrors.Gone(file.Path, exception);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>How CSV files are written, which the options all say; null for what is not plain.</summary>
    private static CsvDialect? DialectOf(IReadOnlyList<TableOption> options, int columnCount)
    {
        var (delimiter, quote, escape) = (Said(options, "delim", "delimiter", "sep"), Said(options, "quote"), Said(options, "escape"));
        var isPlain = delimiter is [<= '\u007f' and not ('\0' or '\n' or '\r')]
            && quote is null or "" or [<= '\u007f' and not ('\0' or '\n' or '\r' or ' ')]
            && quote is not null && quote != delimiter
            && escape is not null && (escape.Length == 0 || escape == quote)
            && Said(options, "comment") is null or ""
            && Said(options, "skip") is null or "0"
            && Said(options, "header") is not null;
        return isPlain
            ? new CsvDialect((byte)delimiter![0], quote!.Length > 0 ? (byte)quote[0] : null, escape!.Length > 0, TableReaders.IsTrue(Said(options, "header")!), columnCount)
            : null;
    }

    private static string? Said(IReadOnlyList<TableOption> options, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (options.FirstOrDefault(option => option.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } found)
            {
                return found.Sql is ['\'', .. var text, '\''] ? text.Replace("''", "'", StringComparison.Ordinal) : found.Sql;
            }
        }

        return null;
    }
}

/// <summary>The ranges of a file.</summary>
/// <param name="Groups">Ranges of bytes, none when it stays whole.</param>
/// <param name="NewLine">How its lines end, as the reader's argument says it; null where that need not be said.</param>
internal sealed record FileRanges(IReadOnlyList<TableRowGroup> Groups, string? NewLine)
{
    /// <summary>A file that stays whole.</summary>
    public static FileRanges Whole { get; } = new([], null);
}
