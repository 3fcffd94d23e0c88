namespace OrleansFlow.Tasks;

/// <summary>Which partition owns a standalone task. Beside the grain interface, which in Orleans holds nothing but grain methods.</summary>
public static class TaskPartitions
{
    /// <summary>How many there are; stored tasks are found by it, so it never changes.</summary>
    public const int Count = 8;

    /// <summary>Keys of all partitions, by number.</summary>
    public static IReadOnlyList<string> Keys { get; } =
        [.. Enumerable.Range(0, Count).Select(number => number.ToString(System.Globalization.CultureInfo.InvariantCulture))];

    /// <summary>The number of the partition that owns a task; the same in every process and version.</summary>
    public static int NumberOf(TaskId task)
    {
        // FNV-1a: string.GetHashCode differs in each process.
        var hash = 2166136261u;
        foreach (var character in task.Value)
        {
            hash = (hash ^ character) * 16777619u;
        }

        // Its low bits alone follow the low bits of the characters.
        return (int)((hash ^ (hash >> 15)) % Count);
    }

    /// <summary>The key of the <see cref="ITaskPartitionGrain"/> that owns a task.</summary>
    public static string KeyOf(TaskId task) => Keys[NumberOf(task)];
}
