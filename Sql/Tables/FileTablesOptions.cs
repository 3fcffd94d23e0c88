namespace OrleansFlow.Sql.Tables;

/// <summary>What looking at files may take.</summary>
public sealed record FileTablesOptions
{
    /// <summary>Files of one table at most, 1 to 10,000,000. Default 100,000.</summary>
    public int FileCountMax { get; init; } = 100_000;

    /// <summary>
    /// Footers that are remembered, counted as one for each column of each row group: 0 (nothing is remembered) to 100,000,000. Default 500,000; each takes
    /// some 100 bytes.
    /// </summary>
    public long FooterCacheMax { get; init; } = 500_000;

    /// <summary>Tables that are looked at at once, 1 to 64; others wait. Default 4.</summary>
    public int ConcurrencyMax { get; init; } = 4;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        ThrowIfOutside(FileCountMax, 1, 10_000_000, nameof(FileCountMax));
        ThrowIfOutside(FooterCacheMax, 0, 100_000_000, nameof(FooterCacheMax));
        ThrowIfOutside(ConcurrencyMax, 1, 64, nameof(ConcurrencyMax));
    }

    private static void ThrowIfOutside(long value, long min, long max, string name)
    {
        if (value < min || value > max)
        {
            throw new ArgumentException($"{name} is {value}; it must be {min} to {max}.");
        }
    }
}
