using OrleansFlow.Tasks;

namespace OrleansFlow.Workflows;

/// <summary>Which shard of the index a workflow run belongs to. Beside the grain interface, which in Orleans holds nothing but grain methods.</summary>
public static class WorkflowShards
{
    /// <summary>The keys of all shards.</summary>
    public static IEnumerable<string> Keys =>
        Enumerable.Range(0, IWorkflowIndexGrain.ShardCount).Select(shard => shard.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>The key of the <see cref="IWorkflowIndexGrain"/> that knows a run; the same in every process and version.</summary>
    /// <param name="run">The run.</param>
    public static string KeyOf(RunId run)
    {
        // FNV-1a: string.GetHashCode differs in each process.
        var hash = 2166136261u;
        foreach (var character in run.Value)
        {
            hash = (hash ^ character) * 16777619u;
        }

        return (hash % IWorkflowIndexGrain.ShardCount).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }
}
