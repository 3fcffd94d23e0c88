namespace OrleansFlow.Worker.Attempts;

/// <summary>The working set of this process, looked at once a second at most, and a warning when it keeps growing. Thread-safe.</summary>
/// <remarks>
/// The collector makes a sawtooth, so the lowest value of each minute counts. Memory keeps growing when that rose in ten minutes in a row, by half
/// and by 128 MiB at least in all. Said once in the life of a process.
/// </remarks>
internal sealed class MemoryWatch(TimeProvider clock, Func<long> workingSet, Action<long, long, int> warn)
{
    /// <summary>Minutes of growth in a row that are not chance any more.</summary>
    public const int MinutesMax = 10;

    /// <summary>Growth below which nobody need care.</summary>
    public const long GrowthBytesMin = 128L * 1024 * 1024;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long _sampledAt;
    private long _windowBegan;
    private long _sample = -1;
    private long _lowest;
    private long _first = -1;
    private long _last;
    private int _minutes;
    private bool _hasWarned;

    /// <summary>Bytes of the newest look.</summary>
    public long WorkingSet()
    {
        bool mustWarn;
        long first;
        long last;
        lock (_gate)
        {
            var now = clock.GetTimestamp();
            if (_sample >= 0 && clock.GetElapsedTime(_sampledAt, now) < Fresh)
            {
                return _sample;
            }

            var isFirst = _sample < 0;
            (_sample, _sampledAt) = (workingSet(), now);
            if (isFirst)
            {
                (_windowBegan, _lowest) = (now, _sample);
                return _sample;
            }

            _lowest = Math.Min(_lowest, _sample);
            if (clock.GetElapsedTime(_windowBegan, now) < Window)
            {
                return _sample;
            }

            EndWindow();
            (_windowBegan, _lowest) = (now, _sample);
            (first, last) = (_first, _last);
            mustWarn = !_hasWarned && _minutes >= MinutesMax && last - first >= GrowthBytesMin && last >= first + (first / 2);
            _hasWarned |= mustWarn;
        }

        if (mustWarn)
        {
            warn(first, last, MinutesMax);
        }

        return Volatile.Read(ref _sample);
    }

    private void EndWindow()
    {
        if (_first < 0 || _lowest <= _last)
        {
            (_first, _minutes) = (_lowest, 0);
        }
        else
        {
            _minutes++;
        }

        _last = _lowest;
    }
}
