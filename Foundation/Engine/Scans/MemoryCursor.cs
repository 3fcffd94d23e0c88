namespace OrleansFlow.Engine.Scans;

/// <summary>Batches in memory, cut in pieces small enough for several threads to share one large batch.</summary>
internal sealed unsafe class BatchSet
{
    /// <summary>Rows of a piece: 16 full vectors. Smaller pieces balance better, larger ones are fetched less often.</summary>
    private const long PieceRowCount = 32_768;

    private readonly List<nint> _batches = [];
    private readonly List<(int Batch, long Start, long Count)> _pieces = [];
    private int _references = 1;

    public long RowCount { get; private set; }

    public int PieceCount => _pieces.Count;

    public void Add(Arrow.RecordBatch batch)
    {
        var shared = SharedArray.Export(batch);
        _batches.Add((nint)shared);
        for (long start = 0; start < shared->RowCount; start += PieceRowCount)
        {
            _pieces.Add((_batches.Count - 1, start, Math.Min(PieceRowCount, shared->RowCount - start)));
        }

        RowCount += shared->RowCount;
    }

    public void FillSlot(int piece, ScanSlot slot)
    {
        var (batch, start, count) = _pieces[piece];
        slot.Fill(SharedArray.AddReference((SharedArray*)_batches[batch]), start, count);
    }

    public BatchSet AddReference()
    {
        Interlocked.Increment(ref _references);
        return this;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) > 0)
        {
            return;
        }

        foreach (var batch in _batches)
        {
            SharedArray.Release((SharedArray*)batch);
        }

        _batches.Clear();
    }
}

/// <summary>A scan of a <see cref="BatchSet"/>; owns a reference to it.</summary>
internal sealed class MemoryCursor(BatchSource source, int[] columns, BatchSet batches) : ScanCursor(source, columns)
{
    private int _next = -1;

    public override int ThreadCountMax => Math.Max(1, batches.PieceCount);

    public override bool TryNext(ScanSlot slot)
    {
        var piece = Interlocked.Increment(ref _next);
        if (piece >= batches.PieceCount)
        {
            return false;
        }

        batches.FillSlot(piece, slot);
        return true;
    }

    public override void Dispose() => batches.Release();
}
