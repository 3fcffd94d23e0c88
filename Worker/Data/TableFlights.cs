using System.Globalization;
using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Tasks;

namespace OrleansFlow.Worker.Data;

/// <summary>
/// Rows of the files of registered tables, which lie below the artifact root, as tickets name them: <c>_tables/TABLE/FILE/FIRST-COUNT/COLUMNS</c>. Files
/// never change, so a ticket gives the same rows wherever it is redeemed.
/// </summary>
internal static class TableFlights
{
    /// <summary>First part of a subject, and the folder; no run's id begins with an underscore.</summary>
    public const string Folder = "_tables";

    private const string AllColumns = "all";

    // So that a ticket stays far below the longest that is read.
    private const int ColumnsCharsMax = 800;

    // The files were checked when they came in.
    private static readonly IpcReadOptions ReadOptions = new() { Validate = false };

    /// <summary>Whether a ticket's subject names rows of a table.</summary>
    public static bool IsTable(string subject) => subject.StartsWith(Folder + "/", StringComparison.Ordinal);

    /// <summary>The subject of a ticket.</summary>
    /// <param name="file">Name of the file, <c>TABLE/FILE</c>.</param>
    /// <param name="firstRow">First row, 0-based.</param>
    /// <param name="rowCount">Rows, at least 1.</param>
    /// <param name="columns">Positions of the columns that are wanted; empty for all. Where they are too many to be named, all are given.</param>
    public static string Subject(string file, long firstRow, long rowCount, IReadOnlyList<int> columns)
    {
        var named = columns.Count == 0 ? AllColumns : string.Join('.', columns);
        return string.Create(CultureInfo.InvariantCulture, $"{Folder}/{file}/{firstRow}-{rowCount}/{(named.Length <= ColumnsCharsMax ? named : AllColumns)}");
    }

    /// <summary>Opens what a subject names.</summary>
    /// <param name="artifactRoot">Folder of the artifacts.</param>
    /// <param name="subject">As <see cref="Subject"/> makes it.</param>
    /// <exception cref="FlowException"><c>bad_input</c>: another subject; <c>artifact_lost</c>: the file cannot be read.</exception>
    public static FlightStream Open(string artifactRoot, string subject)
    {
        if (subject.Split('/') is not [Folder, var table, var file, var rows, var columns] || !IdText.IsValid(table) || !IdText.IsValid(file)
            || rows.Split('-') is not [var firstText, var countText]
            || !long.TryParse(firstText, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            || !long.TryParse(countText, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            throw new FlowException(FlowErrorCode.BadInput, "The ticket names no rows of a table. Give it to the worker or gateway that it was made for.");
        }

        var path = Path.Combine(artifactRoot, Folder, table, file);
        try
        {
            using var reader = ArrowFileReader.Open(path, ReadOptions);
            var wanted = columns == AllColumns ? null : ReadColumns(columns, reader.Schema.Fields.Count);
            var schema = wanted is null ? reader.Schema : new ArrowSchema([.. wanted.Select(column => reader.Schema.Fields[column])], reader.Schema.Metadata);
            return new FlightStream(schema, ReadAsync(path, first, count, wanted));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArrowFormatException)
        {
            throw new FlowException(
                FlowErrorCode.ArtifactLost, $"File '{table}/{file}' of a table cannot be read below '{artifactRoot}': {exception.Message} Every worker and the silo must see this folder.", exception);
        }
    }

    private static int[] ReadColumns(string text, int columnCount)
    {
        var parts = text.Split('.');
        var columns = new int[parts.Length];
        for (var index = 0; index < parts.Length; index++)
        {
            if (!int.TryParse(parts[index], NumberStyles.None, CultureInfo.InvariantCulture, out columns[index]) || columns[index] >= columnCount)
            {
                throw new FlowException(FlowErrorCode.BadInput, $"The ticket names column {parts[index]} of a table that has {columnCount}.");
            }
        }

        return columns;
    }

    private static async IAsyncEnumerable<RecordBatch> ReadAsync(
        string path, long first, long count, int[]? columns, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // Leaves the caller's stack; reading the file is what follows.
        await Task.Yield();
        using var reader = ArrowFileReader.Open(path, ReadOptions);
        var (position, end) = (0L, first + count);
        for (var index = 0; index < reader.BatchCount && position < end; index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var batch = await reader.ReadBatchAsync(index, cancellationToken);
            var (begin, rowCount) = (position, batch.RowCount);
            position += rowCount;
            var from = Math.Max(first, begin);
            var to = Math.Min(end, position);
            if (from >= to)
            {
                batch.Dispose();
                continue;
            }

            yield return Cut(batch, (int)(from - begin), (int)(to - from), columns);
        }
    }

    /// <summary>A part of a batch; takes it over.</summary>
    private static RecordBatch Cut(RecordBatch batch, int offset, int rowCount, int[]? columns)
    {
        using (batch)
        {
            using var rows = offset == 0 && rowCount == batch.RowCount ? batch.Retain() : batch.Slice(offset, rowCount);
            return columns is null ? rows.Retain() : rows.Select(columns);
        }
    }
}
