namespace OrleansFlow.Sql.Stages;

/// <summary>What decides how many tasks a stage gets.</summary>
public sealed record StageOptions
{
    /// <summary>Tasks of a stage at most, at least 1: normally the number of workers. Default 1.</summary>
    public int TaskCountMax { get; init; } = 1;

    /// <summary>Partitions of a shuffle for each consumer task, 1 to 1,024. Default 1; more leave room to deal skewed ones out again.</summary>
    public int PartitionsPerTask { get; init; } = 1;

    /// <summary>Bytes that one task should read, at least 1. Default 4 MiB: a few milliseconds of work, which is what one more task costs.</summary>
    public long BytesPerTask { get; init; } = 4L << 20;

    /// <summary>
    /// Bytes up to which one side of a join may be sent to every task instead of both by their keys, which is done when it moves fewer bytes; 0 for never by
    /// size. Default 64 MiB: that much each task then holds in a hash table.
    /// </summary>
    public long BroadcastBytesMax { get; init; } = 64L << 20;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        ThrowIfOutside(TaskCountMax, 1, 1_000_000, nameof(TaskCountMax));
        ThrowIfOutside(PartitionsPerTask, 1, 1_024, nameof(PartitionsPerTask));
        ThrowIfOutside(BytesPerTask, 1, long.MaxValue, nameof(BytesPerTask));
        ThrowIfOutside(BroadcastBytesMax, 0, long.MaxValue, nameof(BroadcastBytesMax));
    }

    private static void ThrowIfOutside(long value, long min, long max, string name)
    {
        if (value < min || value > max)
        {
            throw new ArgumentException($"{name} is {value}; it must be {min} to {max}.");
        }
    }
}
