using OrleansFlow.Arrow;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Scans;

/// <summary>A fixed set of batches, which may be exchanged between executions; a running scan keeps the set it began with.</summary>
internal sealed class MemorySource : BatchSource
{
    private readonly Lock _gate = new();
    private BatchSet? _batches;

    public MemorySource(string name, ArrowSchema schema, ConnectionHandle connection, IScanOwner owner, IEnumerable<RecordBatch> batches)
        : base(name, schema, connection, owner)
    {
        try
        {
            Replace(batches);
        }
        catch
        {
            Release();
            throw;
        }
    }

    public override long EstimatedRowCount
    {
        get
        {
            lock (_gate)
            {
                return _batches?.RowCount ?? 0;
            }
        }
    }

    /// <summary>Exchanges the batches. The caller keeps its own references to them.</summary>
    /// <exception cref="ArgumentException">A batch has other columns; nothing is exchanged then.</exception>
    public void Replace(IEnumerable<RecordBatch> batches)
    {
        var set = new BatchSet();
        try
        {
            foreach (var batch in batches)
            {
                ThrowIfOtherColumns(batch.Schema);
                set.Add(batch);
            }
        }
        catch
        {
            set.Release();
            throw;
        }

        BatchSet? old;
        lock (_gate)
        {
            old = _batches;
            _batches = set;
        }

        old?.Release();
    }

    public override ScanCursor Open(int[] columns)
    {
        lock (_gate)
        {
            return new MemoryCursor(this, columns, _batches!.AddReference());
        }
    }

    protected override void FreeContent()
    {
        _batches?.Release();
        _batches = null;
    }
}
