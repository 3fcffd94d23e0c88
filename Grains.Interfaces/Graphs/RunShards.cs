using OrleansFlow.Tasks;

namespace OrleansFlow.Graphs;

/// <summary>Which shard of the listing a run belongs to. Beside the grain interface, which in Orleans holds nothing but grain methods.</summary>
public static class RunShards
{
    /// <summary>The key of the <see cref="IRunCatalogGrain"/> that lists a run; the same in every process and version.</summary>
    public static string KeyOf(RunId run)
    {
        // FNV-1a: string.GetHashCode differs in each process.
        var hash = 2166136261u;
        foreach (var character in run.Value)
        {
            hash = (hash ^ character) * 16777619u;
        }

        return (hash % IRunCatalogGrain.ShardCount).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }
}
