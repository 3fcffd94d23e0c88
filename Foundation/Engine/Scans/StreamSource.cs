using OrleansFlow.Arrow;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Scans;

/// <summary>Batches that arrive while the statement runs; each scan opens the stream anew.</summary>
internal class StreamSource(
    string name,
    ArrowSchema schema,
    ConnectionHandle connection,
    IScanOwner owner,
    long estimatedRowCount,
    Func<CancellationToken, IAsyncEnumerable<RecordBatch>> open) : BatchSource(name, schema, connection, owner)
{
    public override long EstimatedRowCount => estimatedRowCount;

    public override ScanCursor Open(int[] columns) => new StreamCursor(this, columns, open(Owner.Running), Owner.Running);

    /// <summary>Exports a batch of the stream.</summary>
    public unsafe SharedArray* Export(RecordBatch batch)
    {
        ThrowIfOtherColumns(batch.Schema);
        return SharedArray.Export(batch);
    }

    protected override void FreeContent()
    {
        // The stream is opened, and closed, by each scan.
    }
}
