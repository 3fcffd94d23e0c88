namespace OrleansFlow.Decisions.Limits;

/// <summary>A queue's parts of all limits that it shares with other queues. No clock and no I/O inside.</summary>
/// <remarks>
/// Keys come before the limit of all tasks: a part of a key's limit may wait for room among all tasks, but room among all tasks never waits for a
/// key, so no two queues wait for each other.
/// </remarks>
public sealed class LimitPermits
{
    private readonly SortedDictionary<string, LimitShare> _shares = new(StringComparer.Ordinal);
    private readonly bool _hasTotal;

    /// <summary>Nothing held.</summary>
    /// <param name="hasTotal">Whether all tasks together are limited.</param>
    public LimitPermits(bool hasTotal) => _hasTotal = hasTotal;

    /// <summary>The scopes that something is held, wanted or said of.</summary>
    public IReadOnlyCollection<string> Scopes => _shares.Keys;

    /// <summary>The share of a scope; null when nothing is held or wanted of it.</summary>
    public LimitShare? Find(string scope) => _shares.GetValueOrDefault(scope);

    /// <summary>The share of a scope.</summary>
    public LimitShare Of(string scope)
    {
        if (!_shares.TryGetValue(scope, out var share))
        {
            share = new LimitShare();
            _shares.Add(scope, share);
        }

        return share;
    }

    /// <summary>Forgets the share of a scope.</summary>
    public void Forget(string scope) => _shares.Remove(scope);

    /// <summary>Begins to find out what is needed anew.</summary>
    public void ForgetNeeds()
    {
        foreach (var share in _shares.Values)
        {
            share.IsNeeded = false;
        }
    }

    /// <summary>Whether a task may be taken; what it lacks is needed from now on.</summary>
    internal bool MayTake(string? key, int limit, int inHandOfKey, int inHand)
    {
        LimitShare? ofKey = null;
        if (key is not null)
        {
            ofKey = Of(LimitScopes.OfKey(key));
            if (!ofKey.MayTake(inHandOfKey, limit))
            {
                ofKey.IsNeeded = true;
                return false;
            }
        }

        if (_hasTotal && Of(LimitScopes.All) is var total && !total.MayTake(inHand, int.MaxValue))
        {
            total.IsNeeded = true;
            if (ofKey is not null)
            {
                ofKey.IsNeeded = true;
            }

            return false;
        }

        return true;
    }
}
