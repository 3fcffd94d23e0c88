namespace OrleansFlow.Arrow.Ipc;

/// <summary>Where the messages of a stream come from. Not thread-safe.</summary>
internal abstract class IpcMessageSource(IpcReadOptions options) : IDisposable
{
    /// <summary>True after the end marker, the last byte, or disposing.</summary>
    protected bool HasEnded { get; private set; }

    protected IpcReadOptions Options => options;

    /// <summary>Reads the next message.</summary>
    /// <param name="decoder">What makes batches of messages.</param>
    /// <param name="batch">The batch, owned by the caller; null for a schema or a dictionary.</param>
    /// <returns>False at the end.</returns>
    /// <exception cref="ArrowFormatException">The bytes break the format, pass a limit or end in the middle.</exception>
    public abstract bool TryRead(IpcDecoder decoder, out RecordBatch? batch);

    /// <inheritdoc cref="TryRead"/>
    public virtual ValueTask<(bool Any, RecordBatch? Batch)> ReadAsync(IpcDecoder decoder, CancellationToken cancellationToken) =>
        ValueTask.FromResult(TryRead(decoder, out var batch) ? (true, batch) : (false, null));

    public virtual void Dispose() => HasEnded = true;

    /// <summary>Notes the end.</summary>
    /// <returns>False.</returns>
    protected bool End()
    {
        HasEnded = true;
        return false;
    }

    protected static void CheckRead(long got, long expected, string what)
    {
        if (got < expected)
        {
            throw new ArrowFormatException($"The stream ends in the {what} of a message: {got} of {expected} bytes came.");
        }
    }

    /// <summary>False when nothing came and that is fine.</summary>
    protected static bool CheckPrefix(int got, bool mayEnd)
    {
        if (got == 0 && mayEnd)
        {
            return false;
        }

        CheckRead(got, 4, "length of a message");
        return true;
    }

    protected int CheckMetadataLength(int length) => length > 0 && length <= options.MaxMetadataBytes
        ? length
        : throw new ArrowFormatException($"A message claims {length} bytes of metadata; the limit is {options.MaxMetadataBytes}.");
}
