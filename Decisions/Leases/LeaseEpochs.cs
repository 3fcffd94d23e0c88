namespace OrleansFlow.Decisions.Leases;

/// <summary>How an epoch is made: the store's generation above, a count below, so that it grows with every lease and with every restore.</summary>
public static class LeaseEpochs
{
    /// <summary>Bits of the count. Enough for a lease of one task each millisecond for 34 years.</summary>
    private const int CountBits = 40;

    /// <summary>The highest epoch that an earlier generation can have given; 0 for the first generation.</summary>
    /// <param name="generation">Generation of the store, 1 or higher. Up to 8 192 an epoch is exact in a JSON reader that has only doubles.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1 or above 4 194 304.</exception>
    public static long FloorOf(long generation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(generation, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(generation, 1L << 22);
        return (generation - 1) << CountBits;
    }
}
