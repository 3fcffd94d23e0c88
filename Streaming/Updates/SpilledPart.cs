using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Updates;

/// <summary>What a checkpoint has to say of keys whose totals lie in a file.</summary>
internal enum SpilledKind
{
    /// <summary>A checkpoint has them as they are.</summary>
    Saved = 0,

    /// <summary>They have changed since.</summary>
    Changed = 1,

    /// <summary>They are gone, and the next checkpoint says so.</summary>
    Gone = 2,
}

/// <summary>Rows of totals of different keys of one partition in a file.</summary>
internal sealed class SpilledPart
{
    private readonly ulong[] _leftBits;

    /// <param name="rows">The rows, taken over: the hashes of the keys are the last column.</param>
    /// <param name="kind">What they are.</param>
    /// <param name="oldestMicros">No time of a row is before it.</param>
    public SpilledPart(RecordBatch rows, SpilledKind kind, long oldestMicros)
    {
        (Rows, Kind, OldestMicros, LeftCount) = (rows, kind, oldestMicros, rows.RowCount);
        _leftBits = new ulong[(rows.RowCount + 63) / 64];
        Array.Fill(_leftBits, ulong.MaxValue);
    }

    /// <summary>All rows that were written.</summary>
    public RecordBatch Rows { get; }

    /// <summary>What they are.</summary>
    public SpilledKind Kind { get; set; }

    /// <summary>No time of a row that is still here is before it.</summary>
    public long OldestMicros { get; set; }

    /// <summary>How many rows are still here.</summary>
    public int LeftCount { get; private set; }

    /// <summary>Bytes of memory.</summary>
    public long ByteCount => _leftBits.Length * (long)sizeof(ulong);

    /// <summary>The hashes of the keys of all rows.</summary>
    public ReadOnlySpan<ulong> Hashes => Rows.Column<UInt64Array>(Rows.ColumnCount - 1).Values;

    /// <summary>Whether a row is still here: its key is nowhere else.</summary>
    public bool IsLeft(int row) => (_leftBits[row >> 6] >> (row & 63) & 1) != 0;

    /// <summary>A row that is still here goes.</summary>
    public void Leave(int row)
    {
        _leftBits[row >> 6] &= ~(1UL << (row & 63));
        LeftCount--;
    }

    /// <summary>All rows go.</summary>
    public void Clear() => LeftCount = 0;

    /// <summary>Takes rows out of here.</summary>
    /// <param name="chosen">Which rows; those that are not here any more are left out, and the others move to the front.</param>
    /// <returns>They, as a batch of the caller's; null when there are none.</returns>
    public RecordBatch? Take(Span<int> chosen)
    {
        var count = 0;
        foreach (var row in chosen)
        {
            if (IsLeft(row))
            {
                Leave(row);
                chosen[count++] = row;
            }
        }

        return count > 0 ? ArrowTake.Take(Rows, chosen[..count], ArrowAllocator.Pooled) : null;
    }

    /// <summary>Those that are still here, as a batch of the caller's.</summary>
    public RecordBatch LeftRows()
    {
        if (LeftCount == Rows.RowCount)
        {
            return Rows.Retain();
        }

        var (some, count) = (new int[LeftCount], 0);
        for (var row = 0; count < some.Length; row++)
        {
            if (IsLeft(row))
            {
                some[count++] = row;
            }
        }

        return ArrowTake.Take(Rows, some, ArrowAllocator.Pooled);
    }
}
