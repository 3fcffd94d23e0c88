using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.State.Spilling;

/// <summary>Writes batches to a file and hands them out again as mapped memory. The file loses its name at once, and its room with the last of the batches.</summary>
/// <remarks>Nothing is compressed: that cost more than the disk did, and what is compressed cannot be mapped.</remarks>
internal sealed class SpillWriter : IAsyncDisposable
{
    private const int BufferBytes = 1 << 20;
    private const int NoSpace = 28;
    private const int WindowsDiskFull = unchecked((int)0x8007_0070);

    private static readonly IpcWriteOptions WriteOptions = new() { Allocator = ArrowAllocator.Pooled };

    // What this process wrote itself is not checked again.
    private static readonly IpcReadOptions ReadOptions = new() { Validate = false, MaxBodyBytes = ArrowAllocator.MaxAllocation };

    private readonly StreamMemory _memory;
    private readonly string _path;
    private readonly FileStream _file;
    private readonly ArrowFileWriter _writer;

    /// <param name="memory">Whose folder it is.</param>
    /// <param name="schema">Of the batches.</param>
    /// <exception cref="FlowException">The file cannot be made (<see cref="FlowErrorCode.StoreUnavailable"/>).</exception>
    public SpillWriter(StreamMemory memory, ArrowSchema schema)
    {
        _memory = memory;
        _path = memory.NewPath();
        try
        {
            _file = new FileStream(_path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, BufferBytes, FileOptions.Asynchronous);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failed(exception);
        }

        _writer = new ArrowFileWriter(_file, schema, WriteOptions, leaveOpen: true);
    }

    /// <summary>Appends a batch, which stays the caller's.</summary>
    /// <exception cref="FlowException">There is no room (<see cref="FlowErrorCode.StoreFull"/>), or the disk failed. What was to be written is still the caller's.</exception>
    public async ValueTask WriteAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            await _writer.WriteAsync(batch, cancellationToken);
        }
        catch (IOException exception)
        {
            throw Failed(exception);
        }
    }

    /// <summary>Ends the file.</summary>
    /// <returns>All batches in their order, mapped; they belong to the caller.</returns>
    /// <exception cref="FlowException">As for <see cref="WriteAsync"/>.</exception>
    public async ValueTask<RecordBatch[]> CompleteAsync(CancellationToken cancellationToken)
    {
        var batches = new List<RecordBatch>(_writer.BatchCount);
        try
        {
            await _writer.EndAsync(cancellationToken);
            await _file.FlushAsync(cancellationToken);
            await _file.DisposeAsync();
            using var reader = ArrowFileReader.Open(_path, ReadOptions);
            for (var i = 0; i < reader.BatchCount; i++)
            {
                batches.Add(await reader.ReadBatchAsync(i, cancellationToken));
            }

            _memory.Wrote(_writer.BytesWritten);
            return [.. batches];
        }
        catch (Exception exception)
        {
            batches.ForEach(batch => batch.Dispose());
            if (exception is IOException)
            {
                throw Failed(exception);
            }

            throw;
        }
    }

    /// <summary>Takes the name away; batches that were handed out stay.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _writer.DisposeAsync();
            await _file.DisposeAsync();
        }
        catch (IOException)
        {
            // What could not be flushed is wanted by nobody: the failure of the write was told.
        }

        try
        {
            File.Delete(_path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It goes with the folder.
        }
    }

    /// <summary>What a failure of the disk means.</summary>
    internal FlowException Failed(Exception exception)
    {
        var isFull = exception is IOException && exception.HResult is NoSpace or WindowsDiskFull;
        return new FlowException(
            isFull ? FlowErrorCode.StoreFull : FlowErrorCode.StoreUnavailable,
            $"State above the {_memory.LimitBytes} bytes of memory for streaming jobs could not be written to '{Path.GetDirectoryName(_path)}': {exception.Message} Give the folder's disk more room, or the state more memory.",
            exception);
    }
}
