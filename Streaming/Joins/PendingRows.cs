using System.Buffers;
using OrleansFlow.Arrow;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Tables;

namespace OrleansFlow.Streaming.Joins;

/// <summary>Rows that wait until the watermark has passed their event time. One caller at a time.</summary>
/// <param name="timeColumn">Place of the event time.</param>
/// <param name="allocator">Memory for batches that are taken apart.</param>
internal sealed class PendingRows(int timeColumn, ArrowAllocator allocator) : IDisposable
{
    private readonly List<Part> _parts = [];
    private readonly List<Part> _kept = [];

    /// <summary>Takes rows in.</summary>
    /// <param name="rows">Belongs to it from the call on.</param>
    /// <param name="isSaved">Whether the table has them already.</param>
    public void Add(RecordBatch rows, bool isSaved)
    {
        if (rows.RowCount == 0)
        {
            rows.Dispose();
            return;
        }

        var (least, greatest) = Bounds(RowTimes.Of(rows.Column(timeColumn)));
        _parts.Add(new Part(rows, least, greatest, isSaved));
    }

    /// <summary>Takes rows in that are not older than the watermark.</summary>
    /// <returns>How many are older, and are left out.</returns>
    public int AddInTime(RecordBatch rows, long watermarkMicros)
    {
        if (Bounds(RowTimes.Of(rows.Column(timeColumn))).Least >= watermarkMicros)
        {
            Add(rows, isSaved: false);
            return 0;
        }

        using (rows)
        {
            var inTime = Take(rows, watermarkMicros, areBefore: false);
            var late = rows.RowCount - inTime.RowCount;
            Add(inTime, isSaved: false);
            return late;
        }
    }

    /// <summary>Hands out the rows before a time, which then belong to the caller.</summary>
    public void TakeBefore(long micros, List<RecordBatch> due)
    {
        _kept.Clear();
        foreach (var part in _parts)
        {
            if (part.Greatest < micros)
            {
                due.Add(part.Rows);
            }
            else if (part.Least >= micros)
            {
                _kept.Add(part);
            }
            else
            {
                using (part.Rows)
                {
                    due.Add(Take(part.Rows, micros, areBefore: true));
                    var rest = Take(part.Rows, micros, areBefore: false);
                    _kept.Add(new Part(rest, Bounds(RowTimes.Of(rest.Column(timeColumn))).Least, part.Greatest, part.IsSaved));
                }
            }
        }

        _parts.Clear();
        _parts.AddRange(_kept);
    }

    /// <summary>Adds to a table what it does not have.</summary>
    public void Save(IRowTable table)
    {
        for (var i = 0; i < _parts.Count; i++)
        {
            if (!_parts[i].IsSaved)
            {
                table.Append(_parts[i].Rows.Retain());
                _parts[i] = _parts[i] with { IsSaved = true };
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _parts.ForEach(static part => part.Rows.Dispose());
        _parts.Clear();
    }

    private static (long Least, long Greatest) Bounds(ReadOnlySpan<long> times)
    {
        var (least, greatest) = (long.MaxValue, long.MinValue);
        foreach (var time in times)
        {
            least = Math.Min(least, time);
            greatest = Math.Max(greatest, time);
        }

        return (least, greatest);
    }

    private RecordBatch Take(RecordBatch rows, long micros, bool areBefore)
    {
        var chosen = ArrayPool<int>.Shared.Rent(rows.RowCount);
        try
        {
            var times = RowTimes.Of(rows.Column(timeColumn));
            var count = 0;
            for (var row = 0; row < times.Length; row++)
            {
                if (times[row] < micros == areBefore)
                {
                    chosen[count++] = row;
                }
            }

            return ArrowTake.Take(rows, chosen.AsSpan(0, count), allocator);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(chosen);
        }
    }

    private readonly record struct Part(RecordBatch Rows, long Least, long Greatest, bool IsSaved);
}
