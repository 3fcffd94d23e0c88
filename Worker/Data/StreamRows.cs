using System.Globalization;
using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Tasks;

namespace OrleansFlow.Worker.Data;

/// <summary>
/// Rows of live streams, whose segments lie below the artifact root, as tickets name them: <c>_streams/STREAM/LOG/SEGMENT/FIRST-COUNT</c>. A ticket names rows that
/// count already, and those never change; a segment may still grow behind them.
/// </summary>
internal static class StreamRows
{
    /// <summary>First part of a subject, and the folder; no run's id begins with an underscore.</summary>
    public const string Folder = "_streams";

    /// <summary>Ending of a segment's file; its name is the number of its first row.</summary>
    public const string Extension = ".arrows";

    // The files were checked when they came in.
    private static readonly IpcReadOptions ReadOptions = new() { Validate = false };

    /// <summary>Whether a ticket's subject names rows of a stream.</summary>
    public static bool IsStream(string subject) => subject.StartsWith(Folder + "/", StringComparison.Ordinal);

    /// <summary>Name of the file of a segment.</summary>
    public static string FileOf(long segment) => segment.ToString("D19", CultureInfo.InvariantCulture) + Extension;

    /// <summary>The subject of a ticket.</summary>
    /// <param name="log">The log, <c>STREAM/LOG</c>.</param>
    /// <param name="segment">The segment: the number of its first row.</param>
    /// <param name="first">Number of the first row that is wanted, in the stream.</param>
    /// <param name="count">Rows, at least 1, all of that segment.</param>
    public static string Subject(string log, long segment, long first, long count) =>
        string.Create(CultureInfo.InvariantCulture, $"{Folder}/{log}/{segment}/{first}-{count}");

    /// <summary>Opens what a subject names.</summary>
    /// <param name="artifactRoot">Folder of the artifacts.</param>
    /// <param name="subject">As <see cref="Subject"/> makes it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="FlowException"><c>bad_input</c>: another subject; <c>not_found</c>: the rows are no longer kept.</exception>
    public static async Task<FlightStream> OpenAsync(string artifactRoot, string subject, CancellationToken cancellationToken)
    {
        if (subject.Split('/') is not [Folder, var stream, var log, var segmentText, var rows] || !IdText.IsValid(stream) || !IdText.IsValid(log)
            || !TryLong(segmentText, out var segment) || rows.Split('-') is not [var firstText, var countText] || !TryLong(firstText, out var first)
            || !TryLong(countText, out var count) || first < segment)
        {
            throw new FlowException(FlowErrorCode.BadInput, "The ticket names no rows of a stream. Give it to the worker that it was made for.");
        }

        var path = Path.Combine(artifactRoot, Folder, stream, log, FileOf(segment));
        using var reader = Open(path, stream);
        return new FlightStream(await ReadSchemaAsync(reader, stream, cancellationToken), ReadAsync(path, stream, segment, first, count, CancellationToken.None));
    }

    private static bool TryLong(string text, out long value) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static async Task<ArrowSchema> ReadSchemaAsync(ArrowStreamReader reader, string stream, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadSchemaAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or ArrowFormatException)
        {
            throw Unreadable(stream, exception);
        }
    }

    private static ArrowStreamReader Open(string path, string stream)
    {
        try
        {
            return new ArrowStreamReader(
                new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1 << 16, useAsync: true), ReadOptions);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FlowException(
                FlowErrorCode.NotFound,
                $"Stream '{stream}' no longer keeps rows that were there when the query was planned, or this worker does not see the artifact folder. Run the query again, or keep rows for longer.",
                exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(stream, exception);
        }
    }

    private static FlowException Unreadable(string stream, Exception exception) =>
        new(FlowErrorCode.ArtifactLost, $"Rows of stream '{stream}' cannot be read: {exception.Message} Every worker and the silo must see the artifact folder.", exception);

    private static async IAsyncEnumerable<RecordBatch> ReadAsync(
        string path, string stream, long segment, long first, long count, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var reader = Open(path, stream);
        var (position, end) = (segment, first + count);
        while (position < end)
        {
            // The rows counted when the ticket was made, so they are there whole.
            using var batch = await reader.ReadNextAsync(cancellationToken) ?? throw Unreadable(stream, new IOException("the segment ends before its rows do."));
            var (begin, rowCount) = (position, batch.RowCount);
            position += rowCount;
            var from = Math.Max(first, begin);
            var to = Math.Min(end, position);
            if (from < to)
            {
                yield return from == begin && to == position ? batch.Retain() : batch.Slice((int)(from - begin), (int)(to - from));
            }
        }
    }
}
