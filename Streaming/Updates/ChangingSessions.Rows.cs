using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Streaming.Updates;

/// <content>The rows that go out, and those of checkpoints.</content>
internal sealed partial class ChangingSessions
{
    public override void TakeChanged(IList<RecordBatch> log) => _keyed.TakeChanged(log, place => (_marks[place].FirstGiven, _marks[place].HasGone) switch
    {
        ( > 0, _) => throw new InvalidOperationException("A session that has gone out has changed; HandOutOpen and Correct come first."),
        (_, true) => 1,
        _ => 0,
    });

    public override void Restore(RecordBatch log)
    {
        var starts = _keyed.Log.StartsOf(log);
        var ends = _keyed.Log.EndsOf(log);
        var gone = _keyed.Log.NumbersOf(log);
        var deleted = _keyed.Log.DeletedOf(log);
        var places = _keyed.Restore(log);
        for (var row = 0; row < places.Length; row++)
        {
            if (places[row] >= 0)
            {
                Mark(places[row]) = deleted.GetBoolean(row) ? default : new SessionMark { HasGone = gone[row] > 0, Start = starts[row], End = ends[row] };
            }
        }
    }

    public override void FinishRestore(long? watermarkMicros)
    {
        WatermarkMicros = watermarkMicros ?? long.MinValue;
        foreach (var place in Sessions.Open())
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
                    yield return _keyed.Rows(OutputSchema, [.. batches.Select(pair => pair.Given)], [.. batches.Select(pair => pair.Place)], flag: true);
                }

                if (come.Count > 0)
                {
                    var all = come.ToArray();
                    yield return _keyed.Rows(OutputSchema, all, all, flag: false);
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
            if (first > 0 && _marks[first - 1].NextGiven == 0 && Sessions[first - 1].Start == Sessions[place].Start && Sessions[first - 1].End == Sessions[place].End)
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
        var before = _keyed.States.Results([.. same.Select(pair => pair.Given)], Shape.Aggregates.Count);
        try
        {
            var after = _keyed.States.Results([.. same.Select(pair => pair.Place)], Shape.Aggregates.Count);
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

        (mark.FirstGiven, mark.HasGone, mark.Start, mark.End) = (0, true, Sessions[place].Start, Sessions[place].End);
        Sessions.Touch(place);
    }
}
