namespace OrleansFlow.Arrow.Kernels;

/// <summary>
/// Merges sorted streams of batches into one: ask <see cref="Wanted"/> which stream has to give its next batch (or its end), and <see cref="Next"/> for
/// merged rows when none has to. Equal rows come in the order of their streams. Not thread-safe.
/// </summary>
public sealed class SortedMerge : IDisposable
{
    private readonly SortKey[] _keys;
    private readonly int _rowsMax;
    private readonly Source[] _sources;
    private readonly RowOrder?[] _orders;
    private readonly List<RecordBatch> _slices = [];
    private int[] _pickedSources = [];
    private int[] _pickedRows = [];

    /// <summary>Creates a merge.</summary>
    /// <param name="sourceCount">Number of streams, at least 1.</param>
    /// <param name="keys">The order of each stream, the most important key first; at least one.</param>
    /// <param name="rowsMax">Rows of a merged batch at the most. Default 65,536.</param>
    /// <exception cref="ArgumentException">There is no stream or no key.</exception>
    public SortedMerge(int sourceCount, ReadOnlySpan<SortKey> keys, int rowsMax = 65_536)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sourceCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(rowsMax, 1);
        if (keys.IsEmpty)
        {
            throw new ArgumentException("At least one key is needed.", nameof(keys));
        }

        _keys = keys.ToArray();
        _rowsMax = rowsMax;
        _sources = new Source[sourceCount];
        for (var index = 0; index < sourceCount; index++)
        {
            _sources[index] = new Source();
        }

        _orders = new RowOrder?[sourceCount * sourceCount];
    }

    /// <summary>The stream whose next batch, or end, is needed before rows can be merged; -1 when none is.</summary>
    public int Wanted
    {
        get
        {
            for (var index = 0; index < _sources.Length; index++)
            {
                if (_sources[index] is { HasRows: false, HasEnded: false })
                {
                    return index;
                }
            }

            return -1;
        }
    }

    /// <summary>Gives the next batch of the wanted stream; the merge owns it.</summary>
    public void Feed(int source, RecordBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var target = _sources[source];
        target.Batch?.Dispose();
        target.Batch = batch;
        target.Row = 0;
        for (var other = 0; other < _sources.Length; other++)
        {
            _orders[(source * _sources.Length) + other] = null;
            _orders[(other * _sources.Length) + source] = null;
        }
    }

    /// <summary>Says that the wanted stream has no more batches.</summary>
    public void End(int source) => _sources[source].HasEnded = true;

    /// <summary>The next rows, which are the caller's; null when every stream has ended. Only when no stream is wanted.</summary>
    /// <exception cref="NotSupportedException">The type of a key has no order.</exception>
    public RecordBatch? Next()
    {
        var first = Least(-1);
        if (first < 0)
        {
            return null;
        }

        var second = Least(first);
        return second < 0 || Compare(first, _sources[first].Batch!.RowCount - 1, second, _sources[second].Row) is var last
            && (last < 0 || (last == 0 && first < second))
            ? Rest(first)
            : Mixed();
    }

    /// <summary>Lets go of the batches it has.</summary>
    public void Dispose()
    {
        foreach (var source in _sources)
        {
            source.Batch?.Dispose();
            source.Batch = null;
        }
    }

    /// <summary>All rows of a source are before those of the others: no copy.</summary>
    private RecordBatch Rest(int index)
    {
        var source = _sources[index];
        var rest = source.Row == 0 ? source.Batch!.Retain() : source.Batch!.Slice(source.Row, source.Batch.RowCount - source.Row);
        source.Row = source.Batch.RowCount;
        return rest;
    }

    /// <summary>Picks rows until a source needs its next batch, then copies them in their order.</summary>
    private RecordBatch Mixed()
    {
        if (_pickedRows.Length == 0)
        {
            _pickedRows = new int[_rowsMax];
            _pickedSources = new int[_rowsMax];
        }

        var count = 0;
        foreach (var source in _sources)
        {
            source.PickedFrom = source.Row;
        }

        while (count < _rowsMax)
        {
            var least = Least(-1);
            var second = Least(least);
            var source = _sources[least];

            // As many as come before the second: sorted sources often take turns in runs.
            do
            {
                _pickedSources[count] = least;
                _pickedRows[count++] = source.Row++;
            }
            while (count < _rowsMax && source.HasRows
                && (second < 0 || Compare(least, source.Row, second, _sources[second].Row) is var order && (order < 0 || (order == 0 && least < second))));
            if (!source.HasRows)
            {
                break;
            }
        }

        return Copy(count);
    }

    private RecordBatch Copy(int count)
    {
        var offset = 0;
        try
        {
            foreach (var source in _sources)
            {
                // Row r of this source becomes row r + Shift of the joined slices.
                source.Shift = offset - source.PickedFrom;
                if (source.Batch is { } batch && source.Row > source.PickedFrom)
                {
                    _slices.Add(batch.Slice(source.PickedFrom, source.Row - source.PickedFrom));
                    offset += source.Row - source.PickedFrom;
                }
            }

            for (var index = 0; index < count; index++)
            {
                _pickedRows[index] += _sources[_pickedSources[index]].Shift;
            }

            using var joined = ArrowTake.Concat(_slices);
            return ArrowTake.TakePresent(joined, _pickedRows.AsSpan(0, count), null);
        }
        finally
        {
            foreach (var slice in _slices)
            {
                slice.Dispose();
            }

            _slices.Clear();
        }
    }

    /// <summary>The source whose next row comes first, without regard to one of them; -1 when none has rows.</summary>
    private int Least(int except)
    {
        var least = -1;
        for (var index = 0; index < _sources.Length; index++)
        {
            if (index != except && _sources[index].HasRows && (least < 0 || Compare(index, _sources[index].Row, least, _sources[least].Row) < 0))
            {
                least = index;
            }
        }

        return least;
    }

    private int Compare(int left, int leftRow, int right, int rightRow) =>
        (_orders[(left * _sources.Length) + right] ??= new RowOrder(_sources[left].Batch!, _sources[right].Batch!, _keys)).Compare(leftRow, rightRow);

    private sealed class Source
    {
        public RecordBatch? Batch { get; set; }

        public int Row { get; set; }

        public int PickedFrom { get; set; }

        public int Shift { get; set; }

        public bool HasEnded { get; set; }

        public bool HasRows => Batch is not null && Row < Batch.RowCount;
    }
}
