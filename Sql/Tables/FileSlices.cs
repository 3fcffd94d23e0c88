using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;
using OrleansFlow.Engine;
using OrleansFlow.Errors;

namespace OrleansFlow.Sql.Tables;

/// <summary>
/// Ranges of bytes of text files. The engine reads whole files only, so the text of a part names a range in the place of a path, and whoever runs it copies the
/// range into a file of its own first: a copy costs a small part of what reading the rows does.
/// </summary>
public static partial class FileSlices
{
    private const string Mark = "orleansflow-slice:";
    private const int BufferBytes = 1 << 20;

    // Longer names and what stands before them might be more than a folder takes.
    private const int NameLengthMax = 50;

    // No range finds anything out by itself; and the header stands in none.
    private static readonly HashSet<string> SaidAnew = new(
        ["auto_detect", "auto_type_candidates", TableReaders.Columns, "types", "dtypes", "column_types", "names", "normalize_names", "all_varchar", "sample_size", "header", "skip"],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a text names ranges.</summary>
    /// <param name="sql">Text of a part.</param>
    public static bool AreIn(string sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        return sql.Contains(Mark, StringComparison.Ordinal) && Slices().IsMatch(sql);
    }

    /// <summary>Copies the ranges that a text names.</summary>
    /// <param name="sql">Text of a part.</param>
    /// <param name="newPath">Gives a path for each file that is made, out of a name for it that tells people what it is of; who calls removes the files.</param>
    /// <param name="cancellationToken">Ends the copying.</param>
    /// <returns>The text that reads the copies.</returns>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.DataFileMissing"/>: a file is gone, or was changed since it was divided.
    /// <see cref="FlowErrorCode.StoreUnavailable"/>: a copy cannot be written.</exception>
    public static async Task<string> CopyAsync(string sql, Func<string, string> newPath, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sql);
        ArgumentNullException.ThrowIfNull(newPath);
        var copies = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Match slice in Slices().Matches(sql))
        {
            if (!copies.ContainsKey(slice.Value))
            {
                var from = slice.Groups["path"].Value.Replace("''", "'", StringComparison.Ordinal);
                var (start, count) = (Number(slice, "start"), Number(slice, "count"));
                var path = newPath(NameOf(from, start, count));
                copies.Add(slice.Value, FileLister.Literals([path]));
                await CopyAsync(from, path, start, count, Number(slice, "size"), Number(slice, "ticks"), cancellationToken).ConfigureAwait(false);
            }
        }

        return Slices().Replace(sql, slice => copies[slice.Value]);
    }

    /// <summary>A call of the reader of a range.</summary>
    /// <param name="table">The table.</param>
    /// <param name="file">The file.</param>
    /// <param name="function">The reader.</param>
    /// <param name="start">The first byte.</param>
    /// <param name="count">Bytes.</param>
    internal static string Text(TableDescription table, TableFile file, string function, long start, long count)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{Mark}{start}:{count}:{file.SizeBytes}:{file.ModifiedUtc.UtcTicks}:{file.Path}");
        var options = table.Source!.Format == TableFormat.Json ? table.ReadOptions
            : table.ReadOptions.Where(option => !SaidAnew.Contains(option.Name)).Concat(
            [
                new TableOption("auto_detect", "false"),
                new TableOption("header", "false"),
                new TableOption("new_line", EngineText.Literal(file.NewLine ?? "\\n")),
                new TableOption(TableReaders.Columns, TableText.Types(table.Columns)),
            ]);
        return $"{function}({EngineText.Literal(name)}{TableText.Arguments(options)})";
    }

    // Errors of the engine name the copy.
    private static string NameOf(string path, long start, long count)
    {
        var name = OddMarks().Replace(Path.GetFileName(path), "_");
        return string.Create(CultureInfo.InvariantCulture, $"bytes {start} to {start + count - 1} of {name[..Math.Min(name.Length, NameLengthMax)]}");
    }

    private static long Number(Match slice, string group) => long.Parse(slice.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    private static async Task CopyAsync(string from, string to, long start, long count, long size, long ticks, CancellationToken cancellationToken)
    {
        using var source = OpenSource(from);
        if (RandomAccess.GetLength(source) != size || File.GetLastWriteTimeUtc(source).Ticks != ticks)
        {
            throw Changed(from);
        }

        try
        {
            using var target = File.OpenHandle(to, FileMode.CreateNew, FileAccess.Write, preallocationSize: count);
            await CopyAsync(source, target, from, start, count, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(
                FlowErrorCode.StoreUnavailable,
                string.Create(CultureInfo.InvariantCulture, $"{count} bytes of '{from}' cannot be copied to '{Path.GetDirectoryName(to)}', where the engine would read them: {exception.Message}"),
                exception);
        }
    }

    private static SafeFileHandle OpenSource(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw TableErrors.Gone(path, exception);
        }
    }

    private static async Task CopyAsync(SafeFileHandle source, SafeFileHandle target, string from, long start, long count, CancellationToken cancellationToken)
    {
        var buffer = new byte[(int)Math.Min(BufferBytes, count)];
        for (var done = 0L; done < count;)
        {
            var read = await RandomAccess.ReadAsync(source, buffer.AsMemory(0, (int)Math.Min(buffer.Length, count - done)), start + done, cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                throw Changed(from);
            }

            await RandomAccess.WriteAsync(target, buffer.AsMemory(0, read), done, cancellationToken).ConfigureAwait(false);
            done += read;
        }
    }

    private static FlowException Changed(string path) =>
        new(FlowErrorCode.DataFileMissing, $"The file '{path}' was changed after the query had divided it; run the query again.");

    [GeneratedRegex($"(?<=read_(csv|json)\\()'{Mark}(?<start>[0-9]+):(?<count>[0-9]+):(?<size>[0-9]+):(?<ticks>[0-9]+):(?<path>(?:[^']|'')*)'", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Slices();

    [GeneratedRegex("[^A-Za-z0-9._-]", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex OddMarks();
}
