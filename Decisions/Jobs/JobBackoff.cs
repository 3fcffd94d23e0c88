namespace OrleansFlow.Decisions.Jobs;

/// <summary>How long a job waits before it tries again, and the chance in it.</summary>
public static class JobBackoff
{
    /// <summary>The wait before a restart: half of min(longest, first * 2^restarts) for sure, and up to the other half by chance.</summary>
    /// <param name="restarts">Restarts in a row before this one, from 0.</param>
    /// <param name="chance">From 0 up to, not including, 1.</param>
    /// <param name="rules">First and longest wait.</param>
    public static TimeSpan Wait(int restarts, double chance, JobRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentOutOfRangeException.ThrowIfNegative(restarts);

        // From 2^40 on any first wait is over the longest one; a larger power would only overflow.
        var full = Math.Min(rules.BackoffMax.Ticks, rules.BackoffFirst.Ticks * Math.Pow(2, Math.Min(restarts, 40)));
        return TimeSpan.FromTicks((long)((full / 2) + (full / 2 * chance)));
    }

    /// <summary>A number from 0 up to, not including, 1: always the same for the same seed and use.</summary>
    /// <param name="seed">The job's.</param>
    /// <param name="use">What it is for; another number for each use.</param>
    public static double Chance(ulong seed, long use)
    {
        // SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014): a counter is enough to walk it.
        var mixed = unchecked(seed + ((ulong)use * 0x9E3779B97F4A7C15UL));
        mixed = unchecked((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9UL);
        mixed = unchecked((mixed ^ (mixed >> 27)) * 0x94D049BB133111EBUL);
        mixed ^= mixed >> 31;
        return (mixed >> 11) * (1.0 / (1UL << 53));
    }
}
