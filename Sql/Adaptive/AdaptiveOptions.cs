namespace OrleansFlow.Sql.Adaptive;

/// <summary>When stages that have not begun are planned anew.</summary>
public sealed record AdaptiveOptions
{
    /// <summary>Tasks of a stage at most, 1 to 1,000,000; partitions that are divided add their own. Default 1.</summary>
    public int TaskCountMax { get; init; } = 1;

    /// <summary>Bytes that one task should read, at least 1. Default 16 MiB.</summary>
    public long BytesPerTask { get; init; } = 16L << 20;

    /// <summary>Bytes up to which a finished side of a join is read by every task, so that the other side is not sent at all; 0: never. Default 8 MiB.</summary>
    public long BroadcastBytesMax { get; init; } = 8L << 20;

    /// <summary>A partition is divided when it is larger than a task should read, and this many times the middle one; at least 1. Default 4.</summary>
    public double SkewFactor { get; init; } = 4;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        if (TaskCountMax is < 1 or > 1_000_000)
        {
            throw new ArgumentException($"{nameof(TaskCountMax)} is {TaskCountMax}; it must be 1 to 1000000.");
        }

        if (BytesPerTask < 1)
        {
            throw new ArgumentException($"{nameof(BytesPerTask)} is {BytesPerTask}; it must be at least 1.");
        }

        if (BroadcastBytesMax < 0)
        {
            throw new ArgumentException($"{nameof(BroadcastBytesMax)} is {BroadcastBytesMax}; it must be at least 0.");
        }

        if (!(SkewFactor >= 1))
        {
            throw new ArgumentException($"{nameof(SkewFactor)} is {SkewFactor}; it must be at least 1.");
        }
    }
}
