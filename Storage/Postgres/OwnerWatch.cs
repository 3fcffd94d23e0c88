namespace OrleansFlow.Storage.Postgres;

/// <summary>Decides from looks at the owner's row whether the owner has fallen silent. No clock and no I/O of its own.</summary>
/// <remarks>
/// Times are the watcher's own, from any fixed moment. Silence counts from the first look that saw the row as it is; a look that took long
/// met a server that was away, for the owner too, and begins anew.
/// </remarks>
internal sealed class OwnerWatch(TimeSpan ownerTimeout)
{
    private OwnerRow _seen;
    private TimeSpan _seenSince;
    private int _changeCount;

    /// <summary>Time between looks: ten in the time that decides, so that a take-over is late by a tenth at most.</summary>
    public TimeSpan LookInterval => Clamp(ownerTimeout / 10, TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(500));

    /// <summary>Time between heartbeats of an owner: five of them may be lost.</summary>
    public TimeSpan BeatInterval => Clamp(ownerTimeout / 6, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5));

    /// <summary>Whether an owner was seen to live: its row changed between two looks.</summary>
    public bool IsAlive => _changeCount > 1;

    /// <summary>Takes a look into account.</summary>
    /// <param name="row">What was seen.</param>
    /// <param name="lookedAt">When the look began.</param>
    /// <param name="now">When it ended.</param>
    /// <returns>Whether the store may be taken.</returns>
    public bool MayTake(OwnerRow row, TimeSpan lookedAt, TimeSpan now)
    {
        if (row != _seen || _changeCount == 0)
        {
            _seen = row;
            _seenSince = now;
            _changeCount++;
        }
        else if (now - lookedAt > ownerTimeout / 4)
        {
            _seenSince = now;
        }

        return row.Owner is null || now - _seenSince >= ownerTimeout;
    }

    private static TimeSpan Clamp(TimeSpan value, TimeSpan min, TimeSpan max) => value < min ? min : value > max ? max : value;
}
