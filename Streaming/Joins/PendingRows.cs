using System.Buffers;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Streaming.State.Tables;

namespace OrleansFlow.Streaming.Joins;

/// <summary>Rows that wait until the watermark has passed their event time. One caller at a time.</summary>
/// <param name="timeColumn">Place of the event time.</param>
/// <param name="allocator">Memory for batches that are taken apart.</param>
/// <param name="share">What it may hold in memory; it goes with this.</param>
internal sealed class PendingRows(int timeColumn, ArrowAllocator allocator, MemoryShare share) : IDisposable
{
    private readonly List<Part> _parts = [];
    private readonly List<Part> _kept = [];
    private long _bytes;

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
        _parts.Add(new Part(rows, least, greatest, isSaved, IsWritten: false));
        _bytes += rows.ByteCount;
        share.Report(_bytes);
    }

    /// <summary>Writes to a file what is in memory, when that is too much.</summary>
    /// <exception cref="FlowException">The file could not be written; nothing is lost.</exception>
    public async ValueTask MakeRoomAsync(CancellationToken cancellationToken)
    {
        if (!share.IsOver || _bytes == 0)
        {
            return;
        }

        var places = new List<int>();
        await using var file = share.NewFile(_parts[^1].Rows.Schema);
        for (var i = 0; i < _parts.Count; i++)
        {
            if (!_parts[i].IsWritten)
            {
                await file.WriteAsync(_parts[i].Rows, cancellationToken);
                places.Add(i);
            }
        }

        var written = await file.CompleteAsync(cancellationToken);
        for (var i = 0; i < written.Length; i++)
        {
            var part = _parts[places[i]];
            _parts[places[i]] = part with { Rows = written[i], IsWritten = true };
            part.Rows.Dispose();
        }

        _bytes = 0;
        share.Report(0);
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
                _bytes -= part.IsWritten ? 0 : part.Rows.ByteCount;
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
                    _bytes += rest.ByteCount - (part.IsWritten ? 0 : part.Rows.ByteCount);
                    _kept.Add(new Part(rest, Bounds(RowTimes.Of(rest.Column(timeColumn))).Least, part.Greatest, part.IsSaved, IsWritten: false));
                }
            }
        }

        _parts.Clear();
        _parts.AddRange(_kept);
        share.Report(_bytes);
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
        share.Dispose();
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

    private readonly record struct Part(RecordBatch Rows, long Least, long Greatest, bool IsSaved, bool IsWritten);
}
