using System.Runtime.CompilerServices;

namespace OrleansFlow.Streaming.Windows;

/// <summary>Which sessions are open, by the numbers of their keys and by their ends. Each has a place, where its states are. One caller at a time.</summary>
internal sealed partial class OpenSessions
{
    private const int EmptyKeysMin = 1_024;

    private readonly PriorityQueue<(int Place, int Use), long> _ends = new();
    private readonly Stack<int> _free = new();
    private Session[] _sessions = new Session[16];
    private int[] _heads = [];
    private int _placeCount;

    /// <summary>Places that were ever used.</summary>
    public int PlaceCount => _placeCount;

    public long ByteCount => (long)_sessions.Length * Unsafe.SizeOf<Session>() + _heads.Length * (long)sizeof(int) + _ends.Count * 32L;

    public ref readonly Session this[int place] => ref _sessions[place];

    /// <summary>Makes room for keys.</summary>
    public void ReserveKeys(int count)
    {
        if (_heads.Length < count)
        {
            var older = _heads.Length;
            Array.Resize(ref _heads, Math.Max(count, older * 2));
            Array.Fill(_heads, -1, older, _heads.Length - older);
        }
    }

    /// <summary>The place of the session that a row belongs to, or a session of more rows.</summary>
    /// <param name="key">Number of its key.</param>
    /// <param name="start">Its time in microseconds, of a session that of the first row.</param>
    /// <param name="end">Its time and the gap, of a session that of the last row and the gap.</param>
    /// <param name="merges">Gets sessions that became part of another one. Their states are to be merged in this order, and then they are to be freed.</param>
    public int Place(int key, long start, long end, List<(int From, int To)> merges)
    {
        var found = Touched(key, start, end);
        if (found < 0)
        {
            return Open(key, start, end);
        }

        ref var session = ref _sessions[found];
        session.IsChanged = true;
        if (start >= session.Start && end <= session.End)
        {
            return found;
        }

        session.Start = Math.Min(session.Start, start);
        session.End = Math.Max(session.End, end);
        MergeOthers(key, found, merges);
        return found;
    }

    /// <summary>The place of a session of a key that lies over some of a time; -1: there is none.</summary>
    public int Touched(int key, long start, long end)
    {
        var found = _heads[key];
        while (found >= 0 && !(start < _sessions[found].End && end > _sessions[found].Start))
        {
            found = _sessions[found].Next;
        }

        return found;
    }

    /// <summary>The sessions that end by a moment, in the order of their ends; they are no longer open. To be freed.</summary>
    public int[] TakeDue(long micros)
    {
        var due = new List<int>();
        while (_ends.TryPeek(out var next, out var end) && end <= micros)
        {
            _ends.Dequeue();
            ref readonly var session = ref _sessions[next.Place];
            if (!session.IsOpen || session.Use != next.Use)
            {
                continue;
            }

            if (session.End > end)
            {
                // It has grown since.
                _ends.Enqueue(next, session.End);
                continue;
            }

            Unlink(next.Place);
            due.Add(next.Place);
        }

        return [.. due];
    }

    /// <summary>A place for states that are of no open session. To be freed.</summary>
    public int Hold(long start, long end)
    {
        var place = NewPlace();
        _sessions[place] = new Session { Start = start, End = end, Use = _sessions[place].Use };
        return place;
    }

    /// <summary>Gives places back.</summary>
    public void Free(ReadOnlySpan<int> places)
    {
        foreach (var place in places)
        {
            _sessions[place].Use++;
            _free.Push(place);
        }
    }

    /// <summary>The places of all open sessions.</summary>
    public int[] Open()
    {
        var open = new List<int>();
        for (var place = 0; place < _placeCount; place++)
        {
            if (_sessions[place].IsOpen)
            {
                open.Add(place);
            }
        }

        return [.. open];
    }

    /// <summary>The numbers of the keys of sessions.</summary>
    public int[] KeysOf(ReadOnlySpan<int> places)
    {
        var keys = new int[places.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = _sessions[places[i]].Key;
        }

        return keys;
    }

    /// <summary>Whether most of the keys have no session, and nothing is to be said of them.</summary>
    public bool IsMostlyEmpty(int keyCount) => _deleted.Count == 0 && keyCount > EmptyKeysMin && keyCount > 4 * (_placeCount - _free.Count);

    /// <summary>Open sessions get new numbers of keys.</summary>
    public void Renumber(ReadOnlySpan<int> places, ReadOnlySpan<int> keys, int keyCount)
    {
        _heads = [];
        ReserveKeys(keyCount);
        for (var i = 0; i < places.Length; i++)
        {
            Link(places[i], keys[i]);
        }
    }

    private int Open(int key, long start, long end)
    {
        var place = NewPlace();
        var use = _sessions[place].Use;
        _sessions[place] = new Session { Start = start, End = end, Use = use, IsOpen = true, IsChanged = true };
        Link(place, key);
        _ends.Enqueue((place, use), end);
        return place;
    }

    private int NewPlace()
    {
        if (!_free.TryPop(out var place) && (place = _placeCount++) == _sessions.Length)
        {
            Array.Resize(ref _sessions, place * 2);
        }

        return place;
    }

    private void MergeOthers(int key, int into, List<(int From, int To)> merges)
    {
        for (var other = _heads[key]; other >= 0;)
        {
            var next = _sessions[other].Next;
            ref var session = ref _sessions[into];
            if (other != into && _sessions[other].Start < session.End && session.Start < _sessions[other].End)
            {
                session.Start = Math.Min(session.Start, _sessions[other].Start);
                session.End = Math.Max(session.End, _sessions[other].End);
                Unlink(other);
                merges.Add((other, into));

                // It reaches further now, perhaps over one that was passed by.
                next = _heads[key];
            }

            other = next;
        }
    }

    private void Link(int place, int key)
    {
        _sessions[place].Key = key;
        _sessions[place].Next = _heads[key];
        _heads[key] = place;
    }

    /// <summary>Takes a session out of its key's list; the log is told later if it knows it.</summary>
    private void Unlink(int place)
    {
        ref var session = ref _sessions[place];
        session.IsOpen = false;
        if (session.LoggedStart is { } logged)
        {
            _deleted.Add((session.Key, logged));
        }

        ref var link = ref _heads[session.Key];
        while (link != place)
        {
            link = ref _sessions[link].Next;
        }

        link = session.Next;
    }
}
