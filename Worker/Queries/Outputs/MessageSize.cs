using OrleansFlow.Arrow;

namespace OrleansFlow.Worker.Queries.Outputs;

/// <summary>How long messages to readers are: small batches that lie ready are joined, because each message has its price at both ends.</summary>
/// <param name="RowsMax">Rows that a joined message has at the most.</param>
/// <param name="BytesEnough">Bytes from which on nothing is added.</param>
internal readonly record struct MessageSize(int RowsMax, long BytesEnough)
{
    /// <summary>Whether a batch of so many rows goes into a message that has some already.</summary>
    public bool Takes(long messageRows, long messageBytes, int rows) => messageBytes < BytesEnough && messageRows + rows <= RowsMax;

    /// <summary>Joins batches that are the caller's; the result is the caller's instead.</summary>
    public static RecordBatch Join(List<RecordBatch> batches)
    {
        if (batches.Count == 1)
        {
            return batches[0];
        }

        try
        {
            return ArrowTake.Concat(batches);
        }
        finally
        {
            foreach (var batch in batches)
            {
                batch.Dispose();
            }
        }
    }
}
