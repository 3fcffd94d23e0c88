namespace OrleansFlow.Streaming.Windows;

/// <content>What the log has of sessions.</content>
internal sealed partial class OpenSessions
{
    private readonly List<(int Key, long Start)> _deleted = [];

    /// <summary>Takes in a session that was kept elsewhere, which may become part of another one.</summary>
    /// <param name="key">Number of its key.</param>
    /// <param name="start">Time of its first row, in microseconds.</param>
    /// <param name="end">Time of its last row and the gap.</param>
    /// <param name="isLogged">Whether the log has something of it, under this start.</param>
    /// <param name="isSaved">Whether the log has it as it is.</param>
    /// <param name="merges">As for <see cref="Place"/>.</param>
    /// <returns>The place that its states are to be added to.</returns>
    public int Adopt(int key, long start, long end, bool isLogged, bool isSaved, List<(int From, int To)> merges)
    {
        var isAlone = Touched(key, start, end) < 0;
        var place = Place(key, start, end, merges);
        ref var session = ref _sessions[place];
        session.IsChanged = !isAlone || !isSaved;
        if (isLogged && session.LoggedStart is not null)
        {
            _deleted.Add((key, start));
        }
        else if (isLogged)
        {
            session.LoggedStart = start;
        }

        return place;
    }

    /// <summary>Takes in a session of the log.</summary>
    /// <returns>Its place, which is free when it is deleted; -1 where there was none to delete.</returns>
    public int Restore(int key, long start, long end, bool isDeleted)
    {
        var place = _heads[key];
        while (place >= 0 && _sessions[place].Start != start)
        {
            place = _sessions[place].Next;
        }

        if (isDeleted)
        {
            if (place >= 0)
            {
                _sessions[place].LoggedStart = null;
                Unlink(place);
                Free([place]);
            }

            return place;
        }

        if (place < 0)
        {
            place = Open(key, start, end);
        }
        else if (end != _sessions[place].End)
        {
            _sessions[place].End = end;
            _ends.Enqueue((place, _sessions[place].Use), end);
        }

        (_sessions[place].LoggedStart, _sessions[place].IsChanged) = (start, false);
        return place;
    }

    /// <summary>Makes one of sessions of a key that touch: a log may have them apart.</summary>
    /// <param name="merges">As for <see cref="Place"/>.</param>
    public void Join(List<(int From, int To)> merges)
    {
        for (var place = 0; place < _placeCount; place++)
        {
            ref var session = ref _sessions[place];
            if (session.IsOpen && (session.Next >= 0 || _heads[session.Key] != place))
            {
                var before = merges.Count;
                MergeOthers(session.Key, place, merges);
                session.IsChanged |= merges.Count > before;
            }
        }
    }

    /// <summary>What the log has of a session is no more all of it.</summary>
    public void Touch(int place) => _sessions[place].IsChanged = true;

    /// <summary>Sessions that have changed since this was asked before; the log knows them from now on.</summary>
    public int[] TakeChanged()
    {
        var changed = new List<int>();
        for (var place = 0; place < _placeCount; place++)
        {
            ref var session = ref _sessions[place];
            if (session.IsOpen && session.IsChanged)
            {
                session.IsChanged = false;
                session.LoggedStart = session.Start;
                changed.Add(place);
            }
        }

        return [.. changed];
    }

    /// <summary>What the log knows and is no more, or has another start now. To be asked before <see cref="TakeChanged"/>.</summary>
    public (int Key, long Start)[] TakeDeleted()
    {
        for (var place = 0; place < _placeCount; place++)
        {
            ref var session = ref _sessions[place];
            if (session.IsOpen && session.LoggedStart is { } logged && logged != session.Start)
            {
                _deleted.Add((session.Key, logged));
                session.LoggedStart = null;
            }
        }

        (int, long)[] deleted = [.. _deleted];
        _deleted.Clear();
        return deleted;
    }
}
