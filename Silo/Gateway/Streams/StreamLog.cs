using System.Globalization;
using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Errors;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Silo.Gateway.Streams;

/// <summary>
/// The rows of one live stream, numbered from 0, in segments: Arrow IPC streams that are written one after another and then never change. A
/// segment's name is the offset of its first row. The file <c>end</c> says up to where rows count; it is written, durably, behind them. So
/// a crash leaves at most bytes that nobody saw. One process writes at a time (the file <c>lock</c>); every process may read.
/// </summary>
internal sealed partial class StreamLog(string folder, string name, ArrowSchema schema, StreamGatewayOptions options, TimeProvider clock) : IAsyncDisposable
{
    private const string Extension = StreamRows.Extension;

    // The files were checked when they came in.
    private static readonly IpcReadOptions ReadOptions = new() { Validate = false };

    private volatile StreamEnd? _written;
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _dropped;

    /// <summary>The columns.</summary>
    public ArrowSchema Schema => schema;

    /// <summary>Where the log ends now.</summary>
    public StreamEnd End => _written ?? StreamEnd.Read(EndPath);

    /// <summary>Offset of the oldest row that is kept; that of the next one when there is none.</summary>
    public long Oldest => Segments() is [var first, ..] ? Math.Min(first, End.Next) : End.Next;

    private string EndPath => Path.Combine(folder, "end");

    /// <summary>Rows from an offset on, in order, with the offset of each batch's first. Goes on as rows come until its end, or for ever.</summary>
    /// <param name="from">First row, at most the next one.</param>
    /// <param name="to">The row before which it ends; null: it never does.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="FlowException"><c>not_found</c>: the rows are no longer kept, or the stream was dropped; <c>store_unavailable</c>.</exception>
    public async IAsyncEnumerable<(long Offset, RecordBatch Batch)> ReadAsync(long from, long? to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (position, exhausted) = (from, -1L);
        while (to is null || position < to)
        {
            ThrowIfDropped();
            var end = End;

            // One beyond the end is being begun, and may yet be begun again.
            var found = Segments().LastOrDefault(segment => segment <= position && segment <= end.Segment && end.Bytes > 0, -1);
            if (found < 0 && position >= end.Next)
            {
                await WaitAsync(end, cancellationToken);
                continue;
            }

            if (found < 0 || found == exhausted)
            {
                throw Behind(position);
            }

            await foreach (var (offset, batch) in ReadSegmentAsync(found, position, to, cancellationToken))
            {
                position = offset + batch.RowCount;
                yield return (offset, batch);
                if (position >= to)
                {
                    yield break;
                }
            }

            // It has ended, so the next row is in a segment behind it.
            exhausted = found;
        }
    }

    /// <summary>Waits until the log ends elsewhere than it did, or a while.</summary>
    /// <exception cref="FlowException"><c>not_found</c>: the stream was dropped.</exception>
    public async Task WaitAsync(StreamEnd seen, CancellationToken cancellationToken)
    {
        var changed = _changed;
        ThrowIfDropped();
        if (End != seen)
        {
            return;
        }

        try
        {
            await changed.Task.WaitAsync(options.PollInterval, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Perhaps rows came through another gateway.
        }

        ThrowIfDropped();
    }

    /// <summary>Ends every reader and writer here: the stream is no more. Its files go later.</summary>
    public async ValueTask DropAsync()
    {
        _dropped = true;
        Signal();
        await DisposeAsync();
    }

    /// <summary>In which files rows lie that count.</summary>
    /// <param name="from">First row.</param>
    /// <param name="to">The row behind the last one.</param>
    /// <param name="log">Name of this log's folder.</param>
    public KeptRows Kept(long from, long to, string log)
    {
        var starts = Segments();
        var kept = new List<KeptSegment>();
        var bytes = 0L;
        for (var index = 0; index < starts.Count; index++)
        {
            var (first, end) = (Math.Max(from, starts[index]), Math.Min(to, index + 1 < starts.Count ? starts[index + 1] : to));
            if (first < end)
            {
                kept.Add(new KeptSegment(starts[index], first, end - first));
                bytes += new FileInfo(PathOf(starts[index])) is { Exists: true } file ? file.Length : 0;
            }
        }

        return new KeptRows(log, kept, bytes);
    }

    private async IAsyncEnumerable<(long Offset, RecordBatch Batch)> ReadSegmentAsync(
        long segment, long from, long? to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = new ArrowStreamReader(Open(segment, from), ReadOptions);
        var offset = segment;
        while (await NextAsync(reader, segment, cancellationToken) is { } batch)
        {
            using (batch)
            {
                var (first, last) = (Math.Max(offset, from), Math.Min(offset + batch.RowCount, to ?? long.MaxValue));
                var skipped = (int)(first - offset);
                offset += batch.RowCount;
                if (last > first)
                {
                    yield return (first, skipped == 0 && last == offset ? batch.Retain() : batch.Slice(skipped, (int)(last - first)));
                }
            }
        }
    }

    private async Task<RecordBatch?> NextAsync(ArrowStreamReader reader, long segment, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadNextAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArrowFormatException)
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"Segment {segment} of stream '{name}' cannot be read: {exception.Message}", exception);
        }
    }

    private SegmentStream Open(long segment, long position)
    {
        try
        {
            return new SegmentStream(this, segment, File.OpenHandle(PathOf(segment), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Behind(position);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"Segment {segment} of stream '{name}' cannot be opened: {exception.Message}", exception);
        }
    }

    private FlowException Behind(long position) => new(
        FlowErrorCode.NotFound,
        $"Stream '{name}' keeps no row {position} any more; the oldest is {Oldest}. Read from there, or raise {StreamGatewayOptions.SectionName}:{nameof(StreamGatewayOptions.RetentionBytes)}.");

    private void ThrowIfDropped()
    {
        if (_dropped)
        {
            throw new FlowException(FlowErrorCode.NotFound, $"Stream '{name}' was dropped.");
        }
    }

    private void Signal()
    {
        var before = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        before.TrySetResult();
    }

    /// <summary>First offsets of the segments that lie there, ascending.</summary>
    private List<long> Segments() => Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder, "*" + Extension)
            .Select(file => long.Parse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture))
            .Order()]
        : [];

    private string PathOf(long segment) => Path.Combine(folder, StreamRows.FileOf(segment));
}
