using System.Globalization;

namespace OrleansFlow.Streaming.Functions;

/// <summary>Timers of one kind, of all keys, in the order in which they are due. They are cells of the state, and with it part of the checkpoints.</summary>
internal sealed class KeyTimers
{
    private const int RoundTimersMax = 8_192;

    // A node of a tree. About.
    private const int TimerBytes = 64;

    private readonly StateCells _cells;
    private readonly string _state;
    private readonly SortedSet<(long TimeMicros, int Key)> _due = [];
    private readonly List<(long TimeMicros, int Key)> _round = [];

    /// <param name="cells">Where they are kept.</param>
    /// <param name="state">Under which state.</param>
    public KeyTimers(StateCells cells, string state)
    {
        (_cells, _state) = (cells, state);
        cells.WasRead += OnRead;
    }

    /// <summary>Timers that are set, of keys in memory, in the order in which they are due.</summary>
    public IReadOnlyCollection<(long TimeMicros, int Key)> Due => _due;

    /// <summary>Those of keys in files.</summary>
    public AwayTimers Away { get; } = new();

    /// <summary>Bytes that they take, about, without their cells.</summary>
    public long ByteCount => _due.Count * (long)TimerBytes + Away.ByteCount;

    /// <summary>Whether the data has ended: what is set from then on is dropped. A timer that sets the next one would never end.</summary>
    public bool IsEnding { get; set; }

    /// <summary>Sets one; a second one of the same key and time changes nothing.</summary>
    public void Set(long timeMicros, int key)
    {
        if (!IsEnding && _due.Add((timeMicros, key)))
        {
            _cells.Set(key, _state, Entry(timeMicros), []);
        }
    }

    /// <summary>Takes one back.</summary>
    /// <returns>Whether it was set.</returns>
    public bool Remove(long timeMicros, int key) => _due.Remove((timeMicros, key)) && _cells.Remove(key, _state, Entry(timeMicros));

    /// <summary>The timers of the earliest time, when it is not after now; they stay set until <see cref="Remove"/>. Valid until the next call.</summary>
    public IReadOnlyList<(long TimeMicros, int Key)> NextRound(long nowMicros)
    {
        _round.Clear();
        foreach (var timer in _due)
        {
            if (timer.TimeMicros > nowMicros || timer.TimeMicros != _due.Min.TimeMicros || _round.Count == RoundTimersMax)
            {
                break;
            }

            _round.Add(timer);
        }

        return _round;
    }

    /// <summary>Reads them from the cells anew: when keys have new numbers.</summary>
    public void Reload()
    {
        _due.Clear();
        _cells.Visit(_state, (key, entry) => _due.Add((TimeOf(entry), key)));
    }

    private static string Entry(long timeMicros) => timeMicros.ToString(CultureInfo.InvariantCulture);

    private static long TimeOf(string entry) => long.Parse(entry, CultureInfo.InvariantCulture);

    private void OnRead(int key, string state, string entry, bool isThere)
    {
        if (state != _state)
        {
            return;
        }

        if (isThere)
        {
            _due.Add((TimeOf(entry), key));
        }
        else
        {
            _due.Remove((TimeOf(entry), key));
        }
    }
}
