using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Stores.Logs;

/// <summary>Follows a run's items through its life: a state knows only those that are not done.</summary>
internal static class ItemChanges
{
    /// <summary>Notes what an event has changed.</summary>
    public static void Note(SortedDictionary<long, WorkItemSummary> items, WorkflowRunState before, WorkflowRunState after)
    {
        if (ReferenceEquals(before.Items, after.Items) && before.Left == after.Left)
        {
            return;
        }

        foreach (var (id, item) in after.Items)
        {
            if (!before.Items.TryGetValue(id, out var known) || !ReferenceEquals(known, item))
            {
                items[id] = Summaries.Of(after, item);
            }
        }

        foreach (var (id, item) in before.Items)
        {
            if (!after.Items.ContainsKey(id))
            {
                items[id] = Summaries.Of(before, item) with { State = EndOf(id, after), DueUtc = null };
            }
        }
    }

    private static WorkItemState EndOf(long id, WorkflowRunState after)
    {
        if (after.Left?.Items.TryGetValue(id, out var left) == true)
        {
            return left.Status == WorkItemStatus.PermanentlyFailed ? WorkItemState.PermanentlyFailed : WorkItemState.Dropped;
        }

        return after.Status is WorkflowRunStatus.Cancelled or WorkflowRunStatus.Failed ? WorkItemState.Dropped : WorkItemState.Completed;
    }
}
