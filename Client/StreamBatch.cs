using OrleansFlow.Arrow;

namespace OrleansFlow.Client;

/// <summary>Rows of a live stream. Whoever gets it disposes the batch.</summary>
/// <param name="Offset">Number of its first row in the stream.</param>
/// <param name="Batch">The rows.</param>
public readonly record struct StreamBatch(long Offset, RecordBatch Batch)
{
    /// <summary>Number of the row behind it: read on from there.</summary>
    public long Next => Offset + Batch.RowCount;
}
