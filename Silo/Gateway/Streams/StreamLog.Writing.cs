using Microsoft.Win32.SafeHandles;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Errors;
using OrleansFlow.Worker.Artifacts;

namespace OrleansFlow.Silo.Gateway.Streams;

/// <content>Appending, and letting old segments go.</content>
internal sealed partial class StreamLog
{
    // So that an eighth of what is kept goes at a time.
    private const int SegmentsKept = 8;
    private const long SegmentBytesMax = 64L << 20;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly long _segmentBytes = Math.Min(SegmentBytesMax, options.RetentionBytes / SegmentsKept);
    private FileStream? _lock;
    private SafeFileHandle? _endFile;
    private FileStream? _file;
    private ArrowStreamWriter? _writer;
    private DateTimeOffset _lastAppendUtc;

    /// <summary>Appends rows; durable, and seen by readers, when it returns. They are taken whole or not at all.</summary>
    /// <param name="batches">Of the stream's columns; stay the caller's. Several share what makes them durable.</param>
    /// <param name="cancellationToken">Ends the waiting for other writers.</param>
    /// <returns>Offset of the first row.</returns>
    /// <exception cref="FlowException"><c>store_in_use</c>: another process writes; <c>not_found</c>: dropped; <c>store_unavailable</c>.</exception>
    public async Task<long> AppendAsync(IReadOnlyList<RecordBatch> batches, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            ThrowIfDropped();
            return await AppendWhileTurnAsync(batches);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What was written behind the end does not count; the next append cuts it off.
            CloseWhileTurn();
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"The rows of stream '{name}' could not be stored: {exception.Message}", exception);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Lets go of the right to write when nothing was appended since a time, and deletes segments that are too old or too many.</summary>
    /// <returns>Files deleted.</returns>
    public async Task<int> TidyAsync(DateTimeOffset idleSinceUtc, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_lock is not null && _lastAppendUtc <= idleSinceUtc)
            {
                CloseWhileTurn();
            }

            return Trim();
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        CloseWhileTurn();
        _turn.Release();
    }

    private async Task<long> AppendWhileTurnAsync(IReadOnlyList<RecordBatch> batches)
    {
        if (_lock is null)
        {
            OpenWhileTurn();
        }

        var end = _written!;
        if (_writer is null || _writer.BytesWritten >= _segmentBytes)
        {
            end = StartSegment(end);
        }

        // Not cancelled in the middle: a batch that is half in the file would end the segment.
        foreach (var batch in batches)
        {
            await _writer!.WriteAsync(batch, CancellationToken.None);
        }

        _file!.Flush(flushToDisk: true);
        var next = new StreamEnd(end.Segment, _writer!.BytesWritten, end.Next + batches.Sum(batch => (long)batch.RowCount));
        next.Write(_endFile!);
        _written = next;
        _lastAppendUtc = clock.GetUtcNow();
        Signal();
        return end.Next;
    }

    private void OpenWhileTurn()
    {
        Directory.CreateDirectory(folder);
        try
        {
            _lock = new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new FlowException(
                FlowErrorCode.StoreInUse, $"Stream '{name}' is being written through another gateway. Send to that one, or again when nothing has come there for some minutes.", exception);
        }

        var end = StreamEnd.Read(EndPath);
        Cut(end);
        _endFile = File.OpenHandle(EndPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        FolderSync.Flush(folder);
        FolderSync.Flush(Path.GetDirectoryName(folder)!);
        FolderSync.Flush(Path.GetDirectoryName(Path.GetDirectoryName(folder))!);
        _written = end;
    }

    /// <summary>Removes what lies behind the end: a crash left it, and nobody was told of it.</summary>
    private void Cut(StreamEnd end)
    {
        foreach (var segment in Segments())
        {
            if (segment > end.Segment || end.Bytes == 0)
            {
                File.Delete(PathOf(segment));
            }
            else if (segment == end.Segment && new FileInfo(PathOf(segment)).Length > end.Bytes)
            {
                using var file = new FileStream(PathOf(segment), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                file.SetLength(end.Bytes);
                file.Flush(flushToDisk: true);
            }
        }
    }

    /// <summary>Begins a segment. Readers learn of it with its first rows; until then the one before has no end marker, and needs none.</summary>
    private StreamEnd StartSegment(StreamEnd end)
    {
        CloseSegment();

        // One that was begun before and got no rows has the same name.
        _file = new FileStream(PathOf(end.Next), FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        _writer = new ArrowStreamWriter(_file, schema, leaveOpen: true);
        FolderSync.Flush(folder);
        Trim();
        return end with { Segment = end.Next, Bytes = 0 };
    }

    /// <summary>Deletes the oldest segments that are too old, or with which there are more bytes than are kept; the newest stays.</summary>
    private int Trim()
    {
        var newest = End.Segment;
        var old = clock.GetUtcNow() - options.RetentionTime;
        var files = Segments().Where(segment => segment <= newest).Select(segment => (Segment: segment, File: new FileInfo(PathOf(segment)))).ToList();
        var bytes = files.Sum(file => file.File.Exists ? file.File.Length : 0);
        var deleted = 0;
        foreach (var (segment, file) in files)
        {
            if (segment == newest || (bytes <= options.RetentionBytes && file.LastWriteTimeUtc > old.UtcDateTime))
            {
                break;
            }

            bytes -= file.Exists ? file.Length : 0;
            file.Delete();
            deleted++;
        }

        return deleted;
    }

    private void CloseSegment()
    {
        _writer?.Dispose();
        _file?.Dispose();
        (_writer, _file) = (null, null);
    }

    private void CloseWhileTurn()
    {
        try
        {
            CloseSegment();
        }
        catch (IOException)
        {
            // What it still held back was not acknowledged.
        }

        _endFile?.Dispose();
        _lock?.Dispose();
        (_endFile, _lock, _written) = (null, null, null);
    }
}
