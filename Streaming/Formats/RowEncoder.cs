using System.Buffers;
using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Formats;

/// <summary>Writes rows as records of a format. Not thread-safe.</summary>
public abstract class RowEncoder : IDisposable
{
    /// <summary>Writes what stands before the first record, such as the names of fields. Default nothing.</summary>
    public virtual void EncodeHead(IBufferWriter<byte> target)
    {
    }

    /// <summary>Looks at the rows of a batch, before records of them are written.</summary>
    /// <param name="batch">Of the schema that the encoder was made for.</param>
    /// <returns>How many records they make. Default one for each row.</returns>
    public virtual int Begin(RecordBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.RowCount;
    }

    /// <summary>Writes a record of the batch that was begun, without what ends it.</summary>
    /// <param name="batch">Of the schema that the encoder was made for.</param>
    /// <param name="row">Which record; where each row is one, which row.</param>
    /// <param name="target">Where the bytes go.</param>
    public abstract void Encode(RecordBatch batch, int row, IBufferWriter<byte> target);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of what it holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
