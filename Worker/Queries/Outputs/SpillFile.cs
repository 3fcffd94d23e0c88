using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;

namespace OrleansFlow.Worker.Queries.Outputs;

/// <summary>
/// Batches of one output on disk, compressed, in one Arrow file; which of them belong to which partition is the owner's knowledge. Written by one task,
/// then read by many. The file goes with the last reference.
/// </summary>
internal sealed class SpillFile : IDisposable
{
    // What this process wrote itself is not checked again by the row.
    private static readonly IpcReadOptions ReadOptions = new() { Validate = false, MaxBodyBytes = ArrowAllocator.MaxAllocation };

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly ArrowFileWriter _writer;
    private ArrowFileReader? _reader;
    private int _references = 1;

    /// <exception cref="IOException">The file cannot be made.</exception>
    public SpillFile(string path, ArrowSchema schema)
    {
        _path = path;
        var compression = IpcCodecs.IsAvailable(IpcCompression.Zstd) ? IpcCompression.Zstd : IpcCompression.Lz4Frame;
        _writer = new ArrowFileWriter(path, schema, new IpcWriteOptions { Compression = compression });
    }

    /// <summary>Bytes of the file.</summary>
    public long Bytes => _writer.BytesWritten;

    /// <summary>Appends a batch, which stays the caller's.</summary>
    /// <returns>Its number in the file.</returns>
    public async ValueTask<int> WriteAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        await _writer.WriteAsync(batch, cancellationToken);
        return _writer.BatchCount - 1;
    }

    /// <summary>Ends the writing; from now on it can be read.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        await _writer.EndAsync(cancellationToken);
        await _writer.DisposeAsync();
        _reader = ArrowFileReader.Open(_path, ReadOptions);
    }

    /// <summary>Reads a batch, which is the caller's. Only while a reference is held.</summary>
    public RecordBatch Read(int number) => _reader!.ReadBatch(number);

    /// <summary>Adds a reference; false when the file is gone.</summary>
    public bool TryAddReference()
    {
        lock (_gate)
        {
            _references += _references > 0 ? 1 : 0;
            return _references > 0;
        }
    }

    /// <summary>Gives the owner's reference back; once. The name goes at once where the system allows that, even while others read.</summary>
    public void Dispose()
    {
        DeleteName();
        Release();
    }

    public void Release()
    {
        lock (_gate)
        {
            if (--_references > 0)
            {
                return;
            }
        }

        _writer.Dispose();
        _reader?.Dispose();
        DeleteName();
    }

    private void DeleteName()
    {
        try
        {
            File.Delete(_path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is open still, or goes with the worker's folder.
        }
    }
}
