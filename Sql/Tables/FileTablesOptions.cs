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

    /// <summary>
    /// Bytes of a table's row groups below which conditions leave none of them out when it is divided: the engine skips them as fast as it is asked about
    /// them. 0 to 1 TiB. Default 4 MiB.
    /// </summary>
    public long PruneBytesMin { get; init; } = 4L << 20;

    /// <summary>
    /// Bytes from which on a CSV file, or a file of JSON lines, is looked through for places to divide it at, so that several tasks read it. 1 to 1 PiB. Default 32 MiB.
    /// </summary>
    public long RangedBytesMin { get; init; } = 32L << 20;

    /// <summary>Bytes up to which it is looked through; larger files are read by one task each. 0 to 1 PiB. Default 64 GiB.</summary>
    public long RangedBytesMax { get; init; } = 64L << 30;

    /// <summary>Bytes of such a range at least: tasks read whole ones. 1 to 1 TiB. Default 8 MiB.</summary>
    public long RangeBytes { get; init; } = 8L << 20;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        ThrowIfOutside(FileCountMax, 1, 10_000_000, nameof(FileCountMax));
        ThrowIfOutside(FooterCacheMax, 0, 100_000_000, nameof(FooterCacheMax));
        ThrowIfOutside(ConcurrencyMax, 1, 64, nameof(ConcurrencyMax));
        ThrowIfOutside(PruneBytesMin, 0, 1L << 40, nameof(PruneBytesMin));
        ThrowIfOutside(RangedBytesMin, 1, 1L << 50, nameof(RangedBytesMin));
        ThrowIfOutside(RangedBytesMax, 0, 1L << 50, nameof(RangedBytesMax));
        ThrowIfOutside(RangeBytes, 1, 1L << 40, nameof(RangeBytes));
    }

    private static void ThrowIfOutside(long value, long min, long max, string name)
    {
        if (value < min || value > max)
        {
            throw new ArgumentException($"{name} is {value}; it must be {min} to {max}.");
        }
    }
}
