using System.Buffers;
using OrleansFlow.Arrow;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Windows;

/// <summary>Windows of rows of one key that follow one another by less than a gap. One comes out when the watermark has reached its last row and the gap.</summary>
/// <remarks>A row between two sessions makes them one. A row before the watermark is late. Rows that lie exactly a gap apart are of two sessions, since a window's end is not in it.</remarks>
internal sealed class SessionWindows : EventWindows
{
    private readonly long _gap;
    private readonly List<(int From, int To)> _merges = [];
    private readonly SpilledSessions _spilled;
    private KeyedSessions _keyed;
    private RestoredSessions? _restored;
    private bool _isRestoring;

    /// <param name="shape">What is grouped.</param>
    /// <param name="gap">Time without a row that ends a session. Above zero.</param>
    /// <param name="allocator">Where columns come from.</param>
    public SessionWindows(WindowShape shape, TimeSpan gap, ArrowAllocator allocator)
        : base(shape, allocator)
    {
        _gap = Micros(gap);
        ArgumentOutOfRangeException.ThrowIfLessThan(_gap, 1, nameof(gap));
        _keyed = NewSessions();
        _spilled = new SpilledSessions(_keyed, new SessionLog(shape.KeyTypes, _keyed.States.PartialTypes, "_known", allocator), _gap);
    }

    public override RowTableOptions Table => _keyed.Log.Options;

    public override long ByteCount => _keyed.ByteCount + _spilled.ByteCount + (_restored?.ByteCount ?? 0);

    public override bool NeedsRoom(int rowCount) => base.NeedsRoom(rowCount) || (_keyed.WouldGrow(rowCount) && Memory.WouldBeOver(_keyed.ByteCount));

    public override async ValueTask MakeRoomAsync(int rowCount, CancellationToken cancellationToken)
    {
        if (_isRestoring)
        {
            _restored ??= new RestoredSessions(NewSessions);
            _restored.Add(_keyed);
            _keyed = NewSessions();
            await _restored.SpillAsync(Memory, cancellationToken);
        }
        else
        {
            _spilled.TakeTouched(_keyed, cancellationToken);
            await _spilled.SpillAsync(_keyed, WatermarkMicros, Memory, cancellationToken);
            _keyed = NewSessions();
        }

        Memory.Report(ByteCount);
    }

    public override long StepTo(long watermarkMicros) => _spilled.StepTo(watermarkMicros);

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
            _keyed.Merge(_merges);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(places);
        }
    }

    public override IEnumerable<RecordBatch> Advance(long watermarkMicros)
    {
        _spilled.Load(_keyed, watermarkMicros);
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

    public override void TakeChanged(IList<RecordBatch> log)
    {
        _spilled.TakeChanged(log);
        _keyed.TakeChanged(log, number: null);
    }

    public override void Restore(RecordBatch log)
    {
        _isRestoring = true;
        if (_restored is not null)
        {
            _restored.Add(log);
        }
        else
        {
            _keyed.Restore(log);
        }
    }

    public override async ValueTask SettleRestoredAsync(long? watermarkMicros, CancellationToken cancellationToken)
    {
        if (_restored is null)
        {
            _keyed.Join();
            return;
        }

        await _restored.SpillAsync(Memory, cancellationToken);
        foreach (var sessions in _restored.Sessions(Memory))
        {
            await _spilled.SpillAsync(sessions, watermarkMicros ?? long.MinValue, Memory, cancellationToken);
        }

        _restored.Dispose();
        _restored = null;
    }

    public override void FinishRestore(long? watermarkMicros)
    {
        _isRestoring = false;
        WatermarkMicros = watermarkMicros ?? long.MinValue;
    }

    public override void Dispose()
    {
        _keyed.Clear();
        _spilled.Dispose();
        _restored?.Dispose();
    }

    private KeyedSessions NewSessions() => new(Shape, numberColumn: null, Allocator);
}
