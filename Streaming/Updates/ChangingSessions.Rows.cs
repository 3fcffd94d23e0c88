using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Streaming.Updates;

/// <content>The rows that go out, and those of checkpoints.</content>
internal sealed partial class ChangingSessions
{
    public override void TakeChanged(IList<RecordBatch> log)
    {
        var deleted = _sessions.TakeDeleted();
        foreach (var some in deleted.Chunk(WindowShape.BatchRowsMax))
        {
            var none = new long[some.Length];
            log.Add(_log.Batch(_keys.Keys([.. some.Select(one => one.Key)], Allocator), null, [.. some.Select(one => one.Start)], none, none));
        }

        var changed = _sessions.TakeChanged();
        foreach (var places in changed.Chunk(WindowShape.BatchRowsMax))
        {
            var (starts, ends, gone) = (new long[places.Length], new long[places.Length], new long[places.Length]);
            for (var i = 0; i < places.Length; i++)
            {
                ref readonly var session = ref _sessions[places[i]];
                ref readonly var mark = ref _marks[places[i]];
                if (mark.FirstGiven > 0)
                {
                    throw new InvalidOperationException("A session that has gone out has changed; HandOutOpen and Correct come first.");
                }

                (starts[i], ends[i], gone[i]) = (session.Start, session.End, mark.HasGone ? 1 : 0);
            }

            log.Add(_log.Batch(_keys.Keys(_sessions.KeysOf(places), Allocator), _states.Partials(places), starts, ends, gone));
        }
    }

    public override void Restore(RecordBatch log)
    {
        var keys = new int[log.RowCount];
        Find(log, _log.KeyColumns, keys);
        var starts = _log.StartsOf(log);
        var ends = _log.EndsOf(log);
        var gone = _log.NumbersOf(log);
        var deleted = _log.DeletedOf(log);
        var places = new int[log.RowCount];
        var rowOf = new Dictionary<int, int>();
        for (var row = 0; row < keys.Length; row++)
        {
            var isDeleted = deleted.GetBoolean(row);
            var place = _sessions.Restore(keys[row], starts[row], ends[row], isDeleted);
            places[row] = isDeleted ? -1 : place;
            if (place >= 0)
            {
                // An earlier row of the same session, or of one that had its place, does not count.
                if (rowOf.TryGetValue(place, out var earlier))
                {
                    places[earlier] = -1;
                }

                rowOf[place] = row;
                Mark(place) = isDeleted ? default : new SessionMark { HasGone = gone[row] > 0, Start = starts[row], End = ends[row] };
            }
        }

        _states.Reserve(_sessions.PlaceCount);
        _states.Reset([.. rowOf.Keys]);
        _states.Merge(log, _log.FirstState, places);
    }

    public override void FinishRestore(long? watermarkMicros)
    {
        WatermarkMicros = watermarkMicros ?? long.MinValue;
        foreach (var place in _sessions.Open())
        {
            if (!Mark(place).HasGone)
            {
                Wait(place);
            }
        }
    }

    /// <summary>What of sessions did not go out, and what is taken back for it.</summary>
    private IEnumerable<RecordBatch> HandOut(List<int> places)
    {
        foreach (var some in places.Chunk(WindowShape.BatchRowsMax))
        {
            var (retract, come) = Changes(some);
            try
            {
                foreach (var batches in retract.Chunk(WindowShape.BatchRowsMax))
                {
                    yield return Rows([.. batches.Select(pair => pair.Given)], [.. batches.Select(pair => pair.Place)], isRetract: true);
                }

                if (come.Count > 0)
                {
                    var all = come.ToArray();
                    yield return Rows(all, all, isRetract: false);
                }
            }
            finally
            {
                foreach (var place in some)
                {
                    SetGone(place);
                }
            }
        }
    }

    /// <summary>The results that are no more true, each with the session that it is of now, and the sessions that have new ones.</summary>
    private (List<(int Given, int Place)> Retract, List<int> Come) Changes(int[] places)
    {
        var (retract, come) = (new List<(int, int)>(), new List<int>());
        var same = new List<(int Given, int Place)>();
        foreach (var place in places)
        {
            var first = _marks[place].FirstGiven;
            if (first > 0 && _marks[first - 1].NextGiven == 0 && _sessions[first - 1].Start == _sessions[place].Start && _sessions[first - 1].End == _sessions[place].End)
            {
                same.Add((first - 1, place));
                continue;
            }

            come.Add(place);
            for (var given = first; given > 0; given = _marks[given - 1].NextGiven)
            {
                retract.Add((given - 1, place));
            }
        }

        if (same.Count > 0)
        {
            AddDifferent(same, retract, come);
        }

        return (retract, come);
    }

    /// <summary>Sessions that begin and end as before may have other results.</summary>
    private void AddDifferent(List<(int Given, int Place)> same, List<(int Given, int Place)> retract, List<int> come)
    {
        var before = _states.Results([.. same.Select(pair => pair.Given)], Shape.Aggregates.Count);
        try
        {
            var after = _states.Results([.. same.Select(pair => pair.Place)], Shape.Aggregates.Count);
            try
            {
                var isOther = new bool[same.Count];
                _comparer.Compare(before, after, isOther);
                for (var i = 0; i < isOther.Length; i++)
                {
                    if (isOther[i])
                    {
                        retract.Add(same[i]);
                        come.Add(same[i].Place);
                    }
                }
            }
            finally
            {
                ArrowColumns.Release(after);
            }
        }
        finally
        {
            ArrowColumns.Release(before);
        }
    }

    private void SetGone(int place)
    {
        _waiting.Remove(place);
        ref var mark = ref _marks[place];
        for (var given = mark.FirstGiven; given > 0;)
        {
            var next = _marks[given - 1].NextGiven;
            Free(given - 1);
            given = next;
        }

        (mark.FirstGiven, mark.HasGone, mark.Start, mark.End) = (0, true, _sessions[place].Start, _sessions[place].End);
        _sessions.Touch(place);
    }

    /// <summary>Some results, as they go out.</summary>
    /// <param name="places">Where their states are.</param>
    /// <param name="owners">The sessions whose keys they have.</param>
    /// <param name="isRetract">Whether they are taken back.</param>
    private RecordBatch Rows(int[] places, int[] owners, bool isRetract)
    {
        using var starts = new TimestampBuilder((TimestampType)Shape.TimeType, Allocator);
        using var ends = new TimestampBuilder((TimestampType)Shape.TimeType, Allocator);
        using var times = new TimestampBuilder((TimestampType)Shape.TimeType, Allocator);
        using var flags = new BooleanBuilder(Allocator);
        foreach (var place in places)
        {
            ref readonly var session = ref _sessions[place];
            starts.Append(session.Start);
            ends.Append(session.End);
            times.Append(session.End - 1);
            flags.Append(isRetract);
        }

        return ArrowColumns.ToBatch(
            OutputSchema,
            [
                .. _keys.Keys(_sessions.KeysOf(owners), Allocator), .. _states.Results(places, Shape.Aggregates.Count),
                starts.Build(), ends.Build(), flags.Build(), times.Build(),
            ],
            places.Length);
    }

    private void Forget(int[] places)
    {
        _states.Reset(places);
        foreach (var place in places)
        {
            Mark(place) = default;
        }

        _sessions.Free(places);
    }

    /// <summary>Keys without a session are forgotten when they are most of them.</summary>
    private void Compact()
    {
        if (!_sessions.IsMostlyEmpty(_keys.Count))
        {
            return;
        }

        var places = _sessions.Open();
        var columns = _keys.Keys(_sessions.KeysOf(places), Allocator);
        try
        {
            _keys = GroupIndex.Create(Shape.KeyTypes);
            var numbers = new int[places.Length];
            _keys.Find(columns, numbers);
            _sessions.Renumber(places, numbers, _keys.Count);
        }
        finally
        {
            ArrowColumns.Release(columns);
        }
    }
}
