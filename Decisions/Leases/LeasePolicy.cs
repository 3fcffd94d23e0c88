using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Leases;

/// <summary>The rules one task is leased by.</summary>
public sealed record LeasePolicy
{
    /// <summary>Time from a grant or renewal to expiry.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Retries after the first failed attempt: attempts that fail = 1 + this at most. Lost leases do not count.</summary>
    public int MaxRetries { get; init; }

    /// <summary>Wait before the first retry; how it goes on is <see cref="Kind"/>'s. Zero: ready again at once.</summary>
    public TimeSpan Backoff { get; init; }

    /// <summary>How the wait grows with each further retry.</summary>
    public BackoffKind Kind { get; init; }

    /// <summary>By how much a wait may be longer or shorter, in percent of it; 0 to 100.</summary>
    public double JitterPercent { get; init; }

    /// <summary>What makes the waits of one task differ from those of others.</summary>
    public ulong JitterSalt { get; init; }

    /// <summary>Longest wait before a retry.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Longest time of one attempt, from its grant; null for none.</summary>
    public TimeSpan? AttemptTimeout { get; init; }

    /// <summary>Longest time of an attempt without an accepted batch, from its grant or its last one; null for none.</summary>
    public TimeSpan? BatchTimeout { get; init; }

    /// <summary>Failure reasons that end the task whatever the handler said.</summary>
    public ImmutableArray<string> PermanentOn { get; init; } = [];

    /// <summary>
    /// Epochs up to this one come from before the store was restored (<see cref="LeaseEpochs"/>): a lease with one has ended, and new ones are
    /// counted from above it.
    /// </summary>
    public long EpochFloor { get; init; }

    /// <summary>How often the task may be taken over because its worker was lost; null for no bound.</summary>
    public int? MaxTakeovers { get; init; }

    /// <summary>True: a lost stream does not end the lease; only expiry does.</summary>
    public bool KeepsLostLease { get; init; }

    /// <summary>How long to wait before retry number <paramref name="retry"/> (0-based).</summary>
    /// <remarks>
    /// Growing ends at <see cref="MaxBackoff"/>, also where the product would overflow; the jitter is laid over the result. It follows from the
    /// salt and the number of the retry, so that a decision that is taken again is the same one.
    /// </remarks>
    public TimeSpan BackoffBefore(int retry)
    {
        var ticks = Backoff.Ticks * Kind switch
        {
            BackoffKind.Constant => 1,
            BackoffKind.Linear => retry + 1.0,
            _ => Math.Pow(2, retry),
        };
        var wait = ticks >= MaxBackoff.Ticks ? MaxBackoff : TimeSpan.FromTicks((long)ticks);
        return JitterPercent > 0 ? wait * (1 + (JitterPercent / 100 * ((2 * Fraction(JitterSalt + (ulong)retry)) - 1))) : wait;
    }

    /// <summary>A number from 0 to 1, spread evenly over the values of <paramref name="seed"/>.</summary>
    /// <remarks>Source: SplitMix64; Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.</remarks>
    private static double Fraction(ulong seed)
    {
        var bits = seed + 0x9E37_79B9_7F4A_7C15;
        bits = (bits ^ (bits >> 30)) * 0xBF58_476D_1CE4_E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D0_49BB_1331_11EB;
        return ((bits ^ (bits >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
