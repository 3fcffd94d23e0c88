using System.Globalization;

namespace OrleansFlow.Streaming.Functions;

/// <summary>Timers of one kind, of all keys, in the order in which they are due. They are cells of the state, and with it part of the checkpoints.</summary>
internal sealed class KeyTimers(StateCells cells, string state)
{
    private const int RoundTimersMax = 8_192;

    private readonly SortedSet<(long TimeMicros, int Key)> _due = [];
    private readonly List<(long TimeMicros, int Key)> _round = [];

    /// <summary>Timers that are set.</summary>
    public int Count => _due.Count;

    /// <summary>Whether the data has ended: what is set from then on is dropped. A timer that sets the next one would never end.</summary>
    public bool IsEnding { get; set; }

    /// <summary>Sets one; a second one of the same key and time changes nothing.</summary>
    public void Set(long timeMicros, int key)
    {
        if (!IsEnding && _due.Add((timeMicros, key)))
        {
            cells.Set(key, state, Entry(timeMicros), []);
        }
    }

    /// <summary>Takes one back.</summary>
    /// <returns>Whether it was set.</returns>
    public bool Remove(long timeMicros, int key) => _due.Remove((timeMicros, key)) && cells.Remove(key, state, Entry(timeMicros));

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

    /// <summary>Reads them from the cells anew: after a restore, and when keys have new numbers.</summary>
    public void Reload()
    {
        _due.Clear();
        cells.Visit(state, (key, entry) => _due.Add((long.Parse(entry, CultureInfo.InvariantCulture), key)));
    }

    private static string Entry(long timeMicros) => timeMicros.ToString(CultureInfo.InvariantCulture);
}
