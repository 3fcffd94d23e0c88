using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Connectors;

/// <summary>Gathers the rows of a job in this process. Thread-safe; disposing it lets go of the rows.</summary>
public sealed class RowCollector : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<RecordBatch> _batches = [];

    /// <summary>Rows so far.</summary>
    public long RowCount
    {
        get
        {
            lock (_gate)
            {
                return _batches.Sum(batch => (long)batch.RowCount);
            }
        }
    }

    /// <summary>Takes a batch over.</summary>
    public void Add(RecordBatch batch)
    {
        lock (_gate)
        {
            _batches.Add(batch);
        }
    }

    /// <summary>The batches so far, which then belong to the caller.</summary>
    public IReadOnlyList<RecordBatch> Take()
    {
        lock (_gate)
        {
            var taken = _batches.ToArray();
            _batches.Clear();
            return taken;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var batch in Take())
        {
            batch.Dispose();
        }
    }
}
