using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Streaming.Updates;

/// <summary>
/// Sessions whose results are handed out more than once: before they are complete, and again when rows come late, which may make one of two that had gone out. What is no
/// more true is taken back.
/// </summary>
/// <remarks>
/// A row is too late when it is before the watermark by more than the lateness, and a session is kept until its end is as far behind. So a row that is taken cannot touch a
/// session that is forgotten, and what is left in the end are the sessions of all rows that were not too late, whatever their order.
/// A session that changes after it went out leaves a copy of its states behind as they were, which is what is taken back. So it costs one place, and two while it waits.
/// </remarks>
internal sealed partial class ChangingSessions : EventWindows
{
    private readonly long _gap;
    private readonly long _latenessMicros;
    private readonly int[] _keyColumns;
    private readonly AccumulatorSet _states;
    private readonly OpenSessions _sessions = new();
    private readonly SessionLog _log;
    private readonly ResultComparer _comparer;

    // Places of sessions that are not as they went out, or that did not.
    private readonly HashSet<int> _waiting = [];
    private readonly PriorityQueue<(int Place, int Use), long> _ends = new();
    private readonly List<(int From, int To)> _merges = [];
    private readonly List<(int From, int To)> _copies = [];
    private SessionMark[] _marks = new SessionMark[16];
    private GroupIndex _keys;

    /// <param name="shape">Rows in and out.</param>
    /// <param name="gap">Time without a row that ends a session. Above zero.</param>
    /// <param name="lateness">How far behind the watermark rows are taken. Not negative.</param>
    /// <param name="allocator">Where columns come from.</param>
    /// <exception cref="NotSupportedException">A type is no key, or an aggregate does not take such values, or its results cannot be compared.</exception>
    public ChangingSessions(WindowShape shape, TimeSpan gap, TimeSpan lateness, ArrowAllocator allocator)
        : base(shape with { IsChanging = true }, allocator)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lateness, TimeSpan.Zero);
        (_gap, _latenessMicros, _keyColumns) = (Micros(gap), Micros(lateness), [.. shape.KeyColumns]);
        ArgumentOutOfRangeException.ThrowIfLessThan(_gap, 1, nameof(gap));
        _keys = GroupIndex.Create(shape.KeyTypes);
        _states = new AccumulatorSet(shape.Aggregates, allocator);
        _comparer = new ResultComparer([.. shape.Aggregates.Select(spec => spec.ResultType)], 0);
        _log = new SessionLog(shape.KeyTypes, _states.PartialTypes, "_gone", allocator);
    }

    public override RowTableOptions Table => _log.Options;

    public override long ByteCount =>
        _keys.ByteCount + _states.ByteCount + _sessions.ByteCount + _marks.Length * (long)Unsafe.SizeOf<SessionMark>() + _waiting.Count * 16L + _ends.Count * 32L;

    /// <summary>Sessions that are kept.</summary>
    public int SessionCount => _sessions.Open().Length;

    public override void Add(RecordBatch rows)
    {
        var places = new int[rows.RowCount];
        Find(rows, _keyColumns, places);
        var times = rows.Column<TimestampArray>(Shape.TimeColumn).Values;
        for (var row = 0; row < places.Length; row++)
        {
            if (IsBehind(times[row]))
            {
                LeaveOut(row);
                places[row] = -1;
            }
            else
            {
                places[row] = _sessions.Place(places[row], times[row], times[row] + _gap, _merges);
                KeepGiven(places[row]);
            }
        }

        KeepLeftOut(rows);
        _states.Reserve(_sessions.PlaceCount);
        Copy();
        _states.Add(rows, places);
        Merge();
        foreach (var place in places)
        {
            if (place >= 0 && _sessions[place].IsOpen)
            {
                Wait(place);
            }
        }
    }

    public override IEnumerable<RecordBatch> Advance(long watermarkMicros)
    {
        if (watermarkMicros <= WatermarkMicros)
        {
            yield break;
        }

        WatermarkMicros = watermarkMicros;
        foreach (var batch in HandOut(TakeComplete()))
        {
            yield return batch;
        }

        if (watermarkMicros < long.MinValue + _latenessMicros)
        {
            yield break;
        }

        var forgotten = _sessions.TakeDue(watermarkMicros - _latenessMicros);
        foreach (var batch in HandOut(Waiting(forgotten)))
        {
            yield return batch;
        }

        Forget(forgotten);
        Compact();
    }

    /// <summary>Hands out what late rows changed in sessions that are complete.</summary>
    /// <returns>As of <see cref="Advance"/>.</returns>
    public IEnumerable<RecordBatch> Correct()
    {
        var corrected = new List<int>();
        foreach (var place in _waiting)
        {
            if (IsReached(_sessions[place].End))
            {
                corrected.Add(place);
            }
        }

        return HandOut(corrected);
    }

    /// <summary>Hands out what sessions that are not complete have so far.</summary>
    /// <param name="onlyGone">Only of those of which something has gone out.</param>
    /// <returns>As of <see cref="Advance"/>.</returns>
    public IEnumerable<RecordBatch> HandOutOpen(bool onlyGone)
    {
        var open = new List<int>();
        foreach (var place in _waiting)
        {
            if (!IsReached(_sessions[place].End) && (_marks[place].FirstGiven > 0 || !onlyGone))
            {
                open.Add(place);
            }
        }

        return HandOut(open);
    }

    public override void Dispose()
    {
        _keys.Clear();
        _waiting.Clear();
    }

    private bool IsBehind(long time) => WatermarkMicros >= long.MinValue + _latenessMicros && time < WatermarkMicros - _latenessMicros;

    private void Find(RecordBatch rows, ReadOnlySpan<int> columns, Span<int> keys)
    {
        var arrays = new ArrowArray[columns.Length];
        for (var i = 0; i < arrays.Length; i++)
        {
            arrays[i] = rows.Column(columns[i]);
        }

        _keys.Find(arrays, keys);
        _sessions.ReserveKeys(_keys.Count);
    }

    /// <summary>A session has something that did not go out.</summary>
    private void Wait(int place)
    {
        _waiting.Add(place);
        ref var mark = ref Mark(place);
        ref readonly var session = ref _sessions[place];
        if (!mark.IsQueued && !IsReached(session.End))
        {
            mark.IsQueued = true;
            _ends.Enqueue((place, session.Use), session.End);
        }
    }

    /// <summary>The sessions that became complete and did not go out as they are.</summary>
    private List<int> TakeComplete()
    {
        var complete = new List<int>();
        while (_ends.TryPeek(out var next, out var end) && IsReached(end))
        {
            _ends.Dequeue();
            if (_sessions[next.Place].Use != next.Use || !_sessions[next.Place].IsOpen)
            {
                continue;
            }

            _marks[next.Place].IsQueued = false;
            if (_waiting.Contains(next.Place))
            {
                if (IsReached(_sessions[next.Place].End))
                {
                    complete.Add(next.Place);
                }
                else
                {
                    // It has grown since.
                    Wait(next.Place);
                }
            }
        }

        return complete;
    }

    private List<int> Waiting(int[] places)
    {
        var waiting = new List<int>();
        foreach (var place in places)
        {
            if (_waiting.Contains(place))
            {
                waiting.Add(place);
            }
        }

        return waiting;
    }
}
