using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Leases;

/// <summary>The rules one task is leased by.</summary>
public sealed record LeasePolicy
{
    /// <summary>Time from a grant or renewal to expiry.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Retries after the first failed attempt: attempts that fail = 1 + this at most. Lost leases do not count.</summary>
    public int MaxRetries { get; init; }

    /// <summary>Wait before the first retry; doubles with each further one. Zero: ready again at once.</summary>
    public TimeSpan Backoff { get; init; }

    /// <summary>Longest wait before a retry.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Longest time of one attempt, from its grant; null for none.</summary>
    public TimeSpan? AttemptTimeout { get; init; }

    /// <summary>Failure reasons that end the task whatever the handler said.</summary>
    public ImmutableArray<string> PermanentOn { get; init; } = [];

    /// <summary>
    /// Epochs up to this one come from before the store was restored (<see cref="LeaseEpochs"/>): a lease with one has ended, and new ones are
    /// counted from above it.
    /// </summary>
    public long EpochFloor { get; init; }

    /// <summary>How long to wait before retry number <paramref name="retry"/> (0-based).</summary>
    /// <remarks>Doubling saturates at <see cref="MaxBackoff"/>, also where the product would overflow.</remarks>
    public TimeSpan BackoffBefore(int retry)
    {
        var ticks = Backoff.Ticks * Math.Pow(2, retry);
        return ticks >= MaxBackoff.Ticks ? MaxBackoff : TimeSpan.FromTicks((long)ticks);
    }
}
