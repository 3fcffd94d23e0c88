using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.State.Spilling;

/// <summary>A file of rows in the order of the hashes of their keys, some of which have come back.</summary>
internal sealed class KeyRun : IDisposable
{
    private readonly SpilledRows[] _parts;
    private readonly ulong[] _lasts;
    private readonly int _hashColumn;

    /// <param name="written">The file's batches, taken over; none is empty.</param>
    /// <param name="hashColumn">Where the hashes are.</param>
    public KeyRun(RecordBatch[] written, int hashColumn)
    {
        _hashColumn = hashColumn;
        _parts = [.. written.Select(rows => new SpilledRows(rows))];
        _lasts = [.. written.Select(rows => rows.Column<UInt64Array>(hashColumn).Values[^1])];
        ByteCount = _lasts.Length * (long)sizeof(ulong);
        LeftCount = written.Sum(rows => (long)rows.RowCount);
    }

    /// <summary>Whether checkpoints have all its rows as they are.</summary>
    public bool IsSaved { get; set; }

    /// <summary>Rows that are still here.</summary>
    public long LeftCount { get; private set; }

    /// <summary>Bytes of memory.</summary>
    public long ByteCount { get; private set; }

    /// <summary>Rows that are still here, in their order. No row may be taken meanwhile.</summary>
    public IEnumerable<(RecordBatch Rows, int Row)> Left()
    {
        foreach (var part in _parts)
        {
            for (var row = 0; part.LeftCount > 0 && row < part.Rows.RowCount; row++)
            {
                if (part.Left?[row] != false)
                {
                    yield return (part.Rows, row);
                }
            }
        }
    }

    /// <summary>Takes all rows of some hashes back.</summary>
    /// <param name="hashes">In their order, each once.</param>
    /// <param name="taken">Called for each row.</param>
    public void Take(ReadOnlySpan<ulong> hashes, Action<RecordBatch, int> taken)
    {
        var (part, row) = (0, 0);
        foreach (var hash in hashes)
        {
            if (_lasts[part] < hash)
            {
                part += 1 + FirstFrom(_lasts.AsSpan(part + 1), hash);
                row = 0;
            }

            for (; part < _parts.Length; part++, row = 0)
            {
                row = TakeFrom(_parts[part], row, hash, taken);
                if (row < _parts[part].Rows.RowCount)
                {
                    break;
                }
            }

            if (part == _parts.Length)
            {
                return;
            }
        }
    }

    public void Dispose()
    {
        foreach (var part in _parts)
        {
            part.Rows.Dispose();
        }
    }

    /// <summary>The place of the first of sorted numbers that is not less than one; their count if all are.</summary>
    private static int FirstFrom(ReadOnlySpan<ulong> sorted, ulong number)
    {
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = sorted[middle] < number ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>Takes the rows of a hash from a part.</summary>
    /// <returns>The row behind them.</returns>
    private int TakeFrom(SpilledRows part, int from, ulong hash, Action<RecordBatch, int> taken)
    {
        var hashes = part.Rows.Column<UInt64Array>(_hashColumn).Values;
        var row = from + FirstFrom(hashes[from..], hash);
        for (; row < hashes.Length && hashes[row] == hash; row++)
        {
            if (part.Left?[row] != false)
            {
                taken(part.Rows, row);
                ByteCount += part.Leave(row);
                LeftCount--;
            }
        }

        return row;
    }
}
