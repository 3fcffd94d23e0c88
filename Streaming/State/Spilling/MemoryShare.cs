using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.State.Spilling;

/// <summary>What one operator holds of a <see cref="StreamMemory"/>. One caller at a time.</summary>
internal sealed class MemoryShare(StreamMemory memory) : IDisposable
{
    private long _bytes;
    private bool _isDisposed;

    /// <summary>Without a limit.</summary>
    public static MemoryShare Unbounded { get; } = new(StreamMemory.Unbounded);

    /// <summary>Whether anything may have to be written at all.</summary>
    public bool IsBounded => memory.LimitBytes < long.MaxValue;

    /// <summary>The limit of all operators, in bytes.</summary>
    public long LimitBytes => memory.LimitBytes;

    /// <summary>Whether the operator holds too much now.</summary>
    public bool IsOver => memory.IsTooMuch(_bytes, 0);

    /// <summary>Whether it would hold too much with some bytes more.</summary>
    public bool WouldBeOver(long moreBytes) => memory.IsTooMuch(_bytes, moreBytes);

    /// <summary>Says what the state takes now.</summary>
    public void Report(long bytes)
    {
        if (IsBounded && bytes != _bytes)
        {
            memory.Change(bytes - _bytes);
            _bytes = bytes;
        }
    }

    /// <summary>Refuses to go on with state that has to be in memory.</summary>
    /// <param name="what">What it is, as the subject of a sentence.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.LimitExceeded"/>.</exception>
    public void Refuse(string what) => throw new FlowException(
        FlowErrorCode.LimitExceeded,
        $"{what} take {_bytes} bytes, and the state of all operators {memory.WholeUsedBytes} of the {LimitBytes} bytes of memory for it (OrleansFlow:Worker:Jobs:StateMemoryBytes). They cannot go to files. Give the worker more memory, the job more workers, or keep keys for a shorter time.");

    /// <summary>Begins a file.</summary>
    public SpillWriter NewFile(ArrowSchema schema) => new(memory, schema);

    /// <summary>Writes batches, which stay the caller's, to a file.</summary>
    /// <returns>The same batches as mapped memory; they belong to the caller.</returns>
    /// <exception cref="FlowException">The file could not be written.</exception>
    public async ValueTask<RecordBatch[]> WriteAsync(IReadOnlyList<RecordBatch> batches, CancellationToken cancellationToken)
    {
        await using var file = NewFile(batches[0].Schema);
        foreach (var batch in batches)
        {
            await file.WriteAsync(batch, cancellationToken);
        }

        return await file.CompleteAsync(cancellationToken);
    }

    public void Dispose()
    {
        if (IsBounded && !_isDisposed)
        {
            _isDisposed = true;
            memory.Close(_bytes);
        }
    }
}
