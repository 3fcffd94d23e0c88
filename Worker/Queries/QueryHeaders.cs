using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Rpc;

namespace OrleansFlow.Worker.Queries;

/// <summary>Metadata of a call whose ticket holds a plan: for callers that cannot, or do not want to, write them into the plan.</summary>
public static class QueryHeaders
{
    /// <summary>The rest of the key names a header for the session builder.</summary>
    public const string HeaderPrefix = "x-orleansflow-header-";

    /// <summary>The rest of the key names an option of the query.</summary>
    public const string ConfigPrefix = "x-orleansflow-config-";

    /// <summary>The plan with what the call adds; what the plan says itself stays.</summary>
    internal static TaskPlan Apply(TaskPlan plan, RpcMetadata metadata)
    {
        TaskPlan? changed = null;
        foreach (var entry in metadata)
        {
            if (entry.Value is null)
            {
                continue;
            }

            if (entry.Key.StartsWith(HeaderPrefix, StringComparison.Ordinal))
            {
                (changed ??= plan.Clone()).Headers.TryAdd(entry.Key[HeaderPrefix.Length..], entry.Value);
            }
            else if (entry.Key.StartsWith(ConfigPrefix, StringComparison.Ordinal))
            {
                (changed ??= plan.Clone()).Config.TryAdd(entry.Key[ConfigPrefix.Length..], entry.Value);
            }
        }

        return changed ?? plan;
    }
}
