using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>Where a task of a run would best be done.</summary>
public static class RunPlacement
{
    /// <summary>The worker that wrote the task's input, where one can be told: it still has those bytes in its page cache, or on its own disk.</summary>
    /// <remarks>
    /// Looks at the first parent only: its one task, or the task of the same number where both nodes have as many. A task that reads what many
    /// workers wrote is near none of them. O(1).
    /// </remarks>
    public static WorkerId NearOf(GraphRunState state, TaskSlot slot)
    {
        ArgumentNullException.ThrowIfNull(state);
        var plan = state.Plan!.Nodes[slot.Node];
        if (plan.Edges.IsEmpty)
        {
            return default;
        }

        var parent = state.Nodes[plan.Edges[0].Parent].Tasks;
        var index = parent.Count == 1 ? 0 : parent.Count == plan.TaskCount ? slot.Index : -1;
        return index >= 0 && parent[index] is { Batches.Count: > 0 } producer ? producer.LastWorker : default;
    }
}
