namespace OrleansFlow.Streaming.Updates;

/// <content>Copies of what went out, and sessions that become one.</content>
internal sealed partial class ChangingSessions
{
    /// <summary>The mark of a place.</summary>
    private ref SessionMark Mark(int place)
    {
        if (_marks.Length < Sessions.PlaceCount)
        {
            Array.Resize(ref _marks, Math.Max(Sessions.PlaceCount, _marks.Length * 2));
        }

        return ref _marks[place];
    }

    /// <summary>A session is about to change: if it is as it went out, its states are copied before that.</summary>
    private void KeepGiven(int place)
    {
        if (!Mark(place).HasGone)
        {
            return;
        }

        var copy = Sessions.Hold(Mark(place).Start, Mark(place).End);
        _copies.Add((place, copy));
        Mark(place).HasGone = false;
        AddGiven(place, copy);
    }

    private void AddGiven(int place, int given)
    {
        Mark(given).NextGiven = Mark(place).FirstGiven;
        Mark(place).FirstGiven = given + 1;
    }

    private void Copy()
    {
        if (_copies.Count == 0)
        {
            return;
        }

        _keyed.MergeStates([.. _copies.Select(copy => copy.From)], [.. _copies.Select(copy => copy.To)]);
        _copies.Clear();
    }

    private void Merge()
    {
        foreach (var (from, to) in _merges)
        {
            _keyed.MergeStates([from], [to]);
            _waiting.Remove(from);
            ref var mark = ref Mark(from);
            if (mark.HasGone)
            {
                // It is as it went out, so it is its own copy.
                mark = default;
                AddGiven(to, from);
                continue;
            }

            for (var given = mark.FirstGiven; given > 0;)
            {
                var next = _marks[given - 1].NextGiven;
                AddGiven(to, given - 1);
                given = next;
            }

            Free(from);
        }

        _merges.Clear();
    }

    private void Free(int place)
    {
        _marks[place] = default;
        _keyed.Free([place]);
    }
}
