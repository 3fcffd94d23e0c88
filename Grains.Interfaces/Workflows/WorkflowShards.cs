using OrleansFlow.Tasks;

namespace OrleansFlow.Workflows;

/// <summary>Which shard of the index a workflow run belongs to. Beside the grain interface, which in Orleans holds nothing but grain methods.</summary>
public static class WorkflowShards
{
    /// <summary>The keys of all shards.</summary>
    public static IReadOnlyList<string> Keys { get; } =
        [.. Enumerable.Range(0, IWorkflowIndexGrain.ShardCount).Select(shard => shard.ToString(System.Globalization.CultureInfo.InvariantCulture))];

    /// <summary>The key of the <see cref="IWorkflowIndexGrain"/> that knows a run; the same in every process and version.</summary>
    /// <param name="run">The run.</param>
    public static string KeyOf(RunId run) => KeyOf(run.Value);

    /// <summary>The number of the shard that knows a run, from 0; the same in every process and version.</summary>
    /// <param name="run">The run.</param>
    public static int NumberOf(RunId run) => NumberOf(run.Value);

    /// <summary>The key of the <see cref="IWorkflowScheduleListGrain"/> that knows a schedule; the same in every process and version.</summary>
    /// <param name="schedule">The schedule's id.</param>
    public static string KeyOfSchedule(string schedule)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        return KeyOf(schedule);
    }

    private static string KeyOf(string id) => Keys[NumberOf(id)];

    private static int NumberOf(string id)
    {
        // FNV-1a: string.GetHashCode differs in each process.
        var hash = 2166136261u;
        foreach (var character in id)
        {
            hash = (hash ^ character) * 16777619u;
        }

        return (int)(hash % IWorkflowIndexGrain.ShardCount);
    }
}
