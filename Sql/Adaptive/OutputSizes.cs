namespace OrleansFlow.Sql.Adaptive;

/// <summary>What the tasks of a finished stage wrote for one of its outputs.</summary>
/// <param name="TaskBytes">Bytes by task, then by partition.</param>
public sealed record OutputSizes(IReadOnlyList<IReadOnlyList<long>> TaskBytes)
{
    /// <summary>Bytes of all tasks and partitions.</summary>
    public long TotalBytes => TaskBytes.Sum(task => task.Sum());

    /// <summary>Bytes of a partition over all tasks.</summary>
    public long BytesOf(int partition) => TaskBytes.Sum(task => task[partition]);
}
