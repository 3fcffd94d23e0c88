using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.State.Spilling;

/// <summary>Rows of a file, some of which have come back.</summary>
/// <param name="rows">The rows, taken over.</param>
internal sealed class SpilledRows(RecordBatch rows)
{
    /// <summary>All rows that were written.</summary>
    public RecordBatch Rows => rows;

    /// <summary>Whether a checkpoint has them.</summary>
    public bool IsSaved { get; set; }

    /// <summary>Which of them are still here; null: all.</summary>
    public bool[]? Left { get; private set; }

    /// <summary>How many are still here.</summary>
    public int LeftCount { get; private set; } = rows.RowCount;

    /// <summary>Bytes of memory.</summary>
    public long ByteCount => Left?.Length ?? 0;

    /// <summary>A row is in memory now.</summary>
    /// <returns>Bytes more that this takes.</returns>
    public long Leave(int row)
    {
        var before = ByteCount;
        if (Left is null)
        {
            Left = new bool[rows.RowCount];
            Array.Fill(Left, true);
        }

        Left[row] = false;
        LeftCount--;
        return ByteCount - before;
    }

    /// <summary>Those that are still here, as a batch of the caller's.</summary>
    public RecordBatch LeftRows()
    {
        if (Left is null)
        {
            return rows.Retain();
        }

        var (some, count) = (new int[LeftCount], 0);
        for (var row = 0; row < Left.Length; row++)
        {
            if (Left[row])
            {
                some[count++] = row;
            }
        }

        return ArrowTake.Take(rows, some, ArrowAllocator.Pooled);
    }
}
