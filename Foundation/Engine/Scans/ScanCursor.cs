namespace OrleansFlow.Engine.Scans;

/// <summary>One scan of a source, shared by the threads that execute it.</summary>
internal abstract unsafe class ScanCursor(BatchSource source, int[] columns) : IDisposable
{
    public BatchSource Source { get; } = source;

    /// <summary>Column of the source for each column of the output; -1 where DuckDB wants rows but no values.</summary>
    public int[] Columns { get; } = columns;

    /// <summary>Where each column of the output stands in the batches.</summary>
    public virtual int[] Places => Columns;

    /// <summary>Threads that can find work in it at the same time.</summary>
    public abstract int ThreadCountMax { get; }

    /// <summary>Gives a thread its next rows; false when there are no more. May wait for input.</summary>
    public abstract bool TryNext(ScanSlot slot);

    public abstract void Dispose();
}

/// <summary>The rows that one thread is working through.</summary>
internal sealed unsafe class ScanSlot : IDisposable
{
    private SharedArray* _batch;
    private long _position;
    private long _end;

    public SharedArray* Batch => _batch;

    /// <summary>Takes over the reference to <paramref name="batch"/>.</summary>
    public void Fill(SharedArray* batch, long start, long count)
    {
        Dispose();
        _batch = batch;
        _position = start;
        _end = start + count;
    }

    /// <summary>The next rows, at most <paramref name="countMax"/>; 0 when it must be filled again.</summary>
    public long Take(long countMax, out long start)
    {
        start = _position;
        var count = Math.Min(countMax, _end - _position);
        _position += count;
        return count;
    }

    public void Dispose()
    {
        if (_batch is not null)
        {
            SharedArray.Release(_batch);
            _batch = null;
        }

        _position = 0;
        _end = 0;
    }
}
