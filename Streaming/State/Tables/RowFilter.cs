using System.Buffers;
using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.State.Tables;

/// <summary>Which rows of a restored batch belong to a subtask.</summary>
internal static class RowFilter
{
    /// <summary>The rows of a file's batch whose hash is in the range, without the column of hashes; the caller owns the result.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="keys">The hashes that are wanted.</param>
    /// <param name="covered">The hashes among them that are left out; see <see cref="FileLists.CoveredOf"/>.</param>
    public static RecordBatch ByKey(RecordBatch rows, KeyRange keys, ReadOnlySpan<KeyRange> covered)
    {
        var last = rows.ColumnCount - 1;
        using var plain = rows.Select([.. Enumerable.Range(0, last)]);
        var chosen = ArrayPool<int>.Shared.Rent(Math.Max(1, rows.RowCount));
        try
        {
            var count = 0;
            var hashes = rows.Column<UInt64Array>(last).Values;
            for (var i = 0; i < hashes.Length; i++)
            {
                if (IsWanted(hashes[i], keys, covered))
                {
                    chosen[count++] = i;
                }
            }

            return Take(plain, chosen.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<int>.Shared.Return(chosen);
        }
    }

    /// <summary>Whether rows of a hash are wanted of a file.</summary>
    public static bool IsWanted(ulong hash, KeyRange keys, ReadOnlySpan<KeyRange> covered)
    {
        foreach (var range in covered)
        {
            if (range.Contains(hash))
            {
                return false;
            }
        }

        return keys.Contains(hash);
    }

    /// <summary>The rows that are not older than a time; the caller owns the result.</summary>
    public static RecordBatch ByTime(RecordBatch rows, int column, long leastMicros)
    {
        var chosen = ArrayPool<int>.Shared.Rent(Math.Max(1, rows.RowCount));
        try
        {
            var count = 0;
            var times = RowTimes.Of(rows.Column(column));
            for (var i = 0; i < times.Length; i++)
            {
                if (times[i] >= leastMicros)
                {
                    chosen[count++] = i;
                }
            }

            return Take(rows, chosen.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<int>.Shared.Return(chosen);
        }
    }

    private static RecordBatch Take(RecordBatch rows, ReadOnlySpan<int> chosen) =>
        chosen.Length == rows.RowCount ? rows.Retain() : ArrowTake.Take(rows, chosen);
}
