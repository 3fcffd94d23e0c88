namespace OrleansFlow.Decisions.Queues;

/// <summary>The tasks of one key in one queue.</summary>
internal sealed class KeyTally
{
    /// <summary>How many tasks name each limit; mostly there is one.</summary>
    private readonly SortedDictionary<int, int> _limits = [];

    public int ReadyCount { get; private set; }

    public int InHandCount { get; private set; }

    public int LowestLimit => _limits.Keys.First();

    /// <summary>A ready task came.</summary>
    public void Add(int limit)
    {
        ReadyCount++;
        _limits[limit] = _limits.GetValueOrDefault(limit) + 1;
    }

    /// <summary>A ready task is in hand.</summary>
    public void Take() => (ReadyCount, InHandCount) = (ReadyCount - 1, InHandCount + 1);

    /// <summary>A task went.</summary>
    /// <returns>True when it was the last.</returns>
    public bool Remove(int limit, bool wasReady)
    {
        (ReadyCount, InHandCount) = wasReady ? (ReadyCount - 1, InHandCount) : (ReadyCount, InHandCount - 1);
        if (--_limits[limit] == 0)
        {
            _limits.Remove(limit);
        }

        return _limits.Count == 0;
    }
}
