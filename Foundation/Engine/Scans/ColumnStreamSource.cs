using OrleansFlow.Arrow;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Scans;

/// <summary>A stream that is told which of its columns are read, and gives no others.</summary>
internal class ColumnStreamSource(
    string name,
    ArrowSchema schema,
    ConnectionHandle connection,
    IScanOwner owner,
    long estimatedRowCount,
    Func<IReadOnlyList<int>, CancellationToken, IAsyncEnumerable<RecordBatch>> open)
    : StreamSource(name, schema, connection, owner, estimatedRowCount, token => open([.. Enumerable.Range(0, schema.Fields.Count)], token))
{
    public override ScanCursor Open(int[] columns)
    {
        // Rows without columns have no batches: where they are only counted, any column has them.
        int[] wanted = [.. columns.Where(column => column >= 0).Distinct().DefaultIfEmpty(0)];
        return new Cursor(this, columns, wanted, open(wanted, Owner.Running), Owner.Running);
    }

    private unsafe SharedArray* Export(RecordBatch batch, int[] wanted)
    {
        ThrowIfOtherColumns(batch.Schema, wanted);
        return SharedArray.Export(batch);
    }

    private sealed class Cursor(ColumnStreamSource source, int[] columns, int[] wanted, IAsyncEnumerable<RecordBatch> stream, CancellationToken cancellationToken)
        : StreamCursor(source, columns, stream, cancellationToken)
    {
        public override int[] Places { get; } = [.. columns.Select(column => column < 0 ? -1 : Array.IndexOf(wanted, column))];

        protected override unsafe SharedArray* Export(RecordBatch batch) => source.Export(batch, wanted);
    }
}
