using System.Buffers;
using OrleansFlow.Arrow;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Windows;

/// <summary>Windows of rows of one key that follow one another by less than a gap. One comes out when the watermark has reached its last row and the gap.</summary>
/// <remarks>A row between two sessions makes them one. A row before the watermark is late. Rows that lie exactly a gap apart are of two sessions, since a window's end is not in it.</remarks>
internal sealed class SessionWindows : EventWindows
{
    private readonly long _gap;
    private readonly KeyedSessions _keyed;
    private readonly List<(int From, int To)> _merges = [];

    /// <param name="shape">What is grouped.</param>
    /// <param name="gap">Time without a row that ends a session. Above zero.</param>
    /// <param name="allocator">Where columns come from.</param>
    public SessionWindows(WindowShape shape, TimeSpan gap, ArrowAllocator allocator)
        : base(shape, allocator)
    {
        _gap = Micros(gap);
        ArgumentOutOfRangeException.ThrowIfLessThan(_gap, 1, nameof(gap));
        _keyed = new KeyedSessions(shape, numberColumn: null, allocator);
    }

    public override RowTableOptions Table => _keyed.Log.Options;

    public override long ByteCount => _keyed.ByteCount;

    public override void Add(RecordBatch rows)
    {
        var places = ArrayPool<int>.Shared.Rent(rows.RowCount);
        try
        {
            var some = places.AsSpan(0, rows.RowCount);
            _keyed.Find(rows, some);
            var times = rows.Column<TimestampArray>(Shape.TimeColumn).Values;
            for (var row = 0; row < some.Length; row++)
            {
                if (times[row] < WatermarkMicros)
                {
                    LeaveOut(row);
                    some[row] = -1;
                }
                else
                {
                    some[row] = _keyed.Sessions.Place(some[row], times[row], times[row] + _gap, _merges);
                }
            }

            KeepLeftOut(rows);
            _keyed.States.Reserve(_keyed.Sessions.PlaceCount);
            _keyed.States.Add(rows, some);
            Merge();
        }
        finally
        {
            ArrayPool<int>.Shared.Return(places);
        }
    }

    public override IEnumerable<RecordBatch> Advance(long watermarkMicros)
    {
        if (watermarkMicros <= WatermarkMicros)
        {
            yield break;
        }

        WatermarkMicros = watermarkMicros;
        var due = _keyed.Sessions.TakeDue(watermarkMicros);
        for (var from = 0; from < due.Length; from += WindowShape.BatchRowsMax)
        {
            var some = due.AsSpan(from, Math.Min(WindowShape.BatchRowsMax, due.Length - from));
            yield return _keyed.Rows(OutputSchema, some, some, flag: null);
        }

        _keyed.Free(due);
        _keyed.Compact();
    }

    public override void TakeChanged(IList<RecordBatch> log) => _keyed.TakeChanged(log, number: null);

    public override void Restore(RecordBatch log) => _keyed.Restore(log);

    public override void FinishRestore(long? watermarkMicros) => WatermarkMicros = watermarkMicros ?? long.MinValue;

    public override void Dispose() => _keyed.Clear();

    private void Merge()
    {
        foreach (var (from, to) in _merges)
        {
            _keyed.MergeStates([from], [to]);
            _keyed.Free([from]);
        }

        _merges.Clear();
    }
}
