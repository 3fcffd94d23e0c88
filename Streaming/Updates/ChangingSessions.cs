using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Streaming.Updates;

/// <summary>Sessions whose results change. A late row may make one session of two that had gone out.</summary>
/// <remarks>
/// A row is too late when it is before the watermark by more than the lateness, and a session is kept until its end is as far behind. So a row that is taken cannot touch a
/// session that is forgotten, and what is left in the end are the sessions of all rows that were not too late, whatever their order.
/// A session that changes after it went out leaves a copy of its states behind as they were, which is what is taken back. So it costs one place, and two while it waits.
/// </remarks>
internal sealed partial class ChangingSessions : ChangingEventWindows
{
    private readonly long _gap;
    private readonly KeyedSessions _keyed;
    private readonly ResultComparer _comparer;

    // Places of sessions that are not as they went out, or that did not.
    private readonly HashSet<int> _waiting = [];
    private readonly PriorityQueue<(int Place, int Use), long> _ends = new();
    private readonly List<(int From, int To)> _merges = [];
    private readonly List<(int From, int To)> _copies = [];
    private SessionMark[] _marks = new SessionMark[16];

    /// <param name="shape">Rows in and out.</param>
    /// <param name="gap">Time without a row that ends a session. Above zero.</param>
    /// <param name="lateness">How far behind the watermark rows are taken. Not negative.</param>
    /// <param name="allocator">Where columns come from.</param>
    /// <exception cref="NotSupportedException">A type is no key, or an aggregate does not take such values, or its results cannot be compared.</exception>
    public ChangingSessions(WindowShape shape, TimeSpan gap, TimeSpan lateness, ArrowAllocator allocator)
        : base(shape, lateness, allocator)
    {
        _gap = Micros(gap);
        ArgumentOutOfRangeException.ThrowIfLessThan(_gap, 1, nameof(gap));
        _keyed = new KeyedSessions(shape, "_gone", allocator);
        _comparer = new ResultComparer([.. shape.Aggregates.Select(spec => spec.ResultType)], 0);
    }

    public override RowTableOptions Table => _keyed.Log.Options;

    public override long ByteCount =>
        _keyed.ByteCount + _marks.Length * (long)Unsafe.SizeOf<SessionMark>() + _waiting.Count * 16L + _ends.Count * 32L;

    public override int KeptCount => Sessions.Open().Length;

    private OpenSessions Sessions => _keyed.Sessions;

    public override void Add(RecordBatch rows)
    {
        var places = new int[rows.RowCount];
        _keyed.Find(rows, places);
        var times = rows.Column<TimestampArray>(Shape.TimeColumn).Values;
        for (var row = 0; row < places.Length; row++)
        {
            if (times[row] < FloorMicros)
            {
                LeaveOut(row);
                places[row] = -1;
            }
            else
            {
                places[row] = Sessions.Place(places[row], times[row], times[row] + _gap, _merges);
                KeepGiven(places[row]);
            }
        }

        KeepLeftOut(rows);
        _keyed.States.Reserve(Sessions.PlaceCount);
        Copy();
        _keyed.States.Add(rows, places);
        Merge();
        foreach (var place in places)
        {
            if (place >= 0 && Sessions[place].IsOpen)
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

        var forgotten = Sessions.TakeDue(FloorMicros);
        foreach (var batch in HandOut(Waiting(forgotten)))
        {
            yield return batch;
        }

        foreach (var place in forgotten)
        {
            Mark(place) = default;
        }

        _keyed.Free(forgotten);
        _keyed.Compact();
    }

    public override IEnumerable<RecordBatch> Correct()
    {
        var corrected = new List<int>();
        foreach (var place in _waiting)
        {
            if (IsReached(Sessions[place].End))
            {
                corrected.Add(place);
            }
        }

        return HandOut(corrected);
    }

    public override IEnumerable<RecordBatch> HandOutOpen(bool onlyGone)
    {
        var open = new List<int>();
        foreach (var place in _waiting)
        {
            if (!IsReached(Sessions[place].End) && (_marks[place].FirstGiven > 0 || !onlyGone))
            {
                open.Add(place);
            }
        }

        return HandOut(open);
    }

    public override void Dispose()
    {
        _keyed.Clear();
        _waiting.Clear();
    }

    /// <summary>A session has something that did not go out.</summary>
    private void Wait(int place)
    {
        _waiting.Add(place);
        ref var mark = ref Mark(place);
        ref readonly var session = ref Sessions[place];
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
            if (Sessions[next.Place].Use != next.Use || !Sessions[next.Place].IsOpen)
            {
                continue;
            }

            _marks[next.Place].IsQueued = false;
            if (_waiting.Contains(next.Place))
            {
                if (IsReached(Sessions[next.Place].End))
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
