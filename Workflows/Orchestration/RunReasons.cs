using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Workflows.Orchestration;

/// <summary>Says in words why a run stands where it does.</summary>
internal static class RunReasons
{
    private const int ItemsShown = 10;

    public static IReadOnlyList<string> Of(WorkflowRunSummary run, IReadOnlyList<WorkItemSummary> items, IReadOnlyList<WorkerHealth> workers)
    {
        if (run.IsFinal)
        {
            return [$"The run has ended: {run.Status}{(run.Failure is null ? "" : $" ({run.Failure})")}."];
        }

        var reasons = new List<string>();
        if (run.Status == WorkflowRunStatus.Paused)
        {
            reasons.Add($"The run is paused{(run.Failure is null ? "" : $" ({run.Failure})")}: it hands out nothing until it is resumed.");
        }

        if (run.PendingCount > 0 && !workers.Any(worker => worker.State != WorkerState.Stopped && worker.Workflows.Contains(run.Workflow.ToString())))
        {
            reasons.Add($"{run.PendingCount} item(s) wait for a worker that has {run.Workflow}; none has said that it does. Start one.");
        }

        foreach (var item in items.OrderBy(item => item.State).Take(ItemsShown))
        {
            reasons.Add($"Item {item.Id} of node '{item.Node}' {What(item)}.");
        }

        return reasons;
    }

    private static string What(WorkItemSummary item) => item.State switch
    {
        WorkItemState.Pending => "waits for a worker",
        WorkItemState.InProgress => $"is being done by '{item.Worker}', attempt {item.Attempts}",
        WorkItemState.WaitingRetry => $"failed {item.Attempts} time(s) and is tried again at {item.DueUtc:O}",
        _ when item.Signal is { } signal => $"waits for signal '{signal}'{(item.DueUtc is { } limit ? $" until {limit:O}" : "")}",
        _ when item.DueUtc is { } due => $"waits until {due:O}",
        _ => "waits for other items or child runs",
    };
}
