using OrleansFlow.Events;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <summary>The facts in the events of a workflow's run.</summary>
internal static class WorkflowFacts
{
    /// <summary>Each fact with a sequence of its own: twice the place of its event in the run's log, and one more for the end that followed from it.</summary>
    /// <param name="run">The run.</param>
    /// <param name="state">The run after all of the events.</param>
    /// <param name="events">The newest events.</param>
    public static IEnumerable<RunFact> Of(RunId run, WorkflowRunState state, IReadOnlyList<WorkflowRunEvent> events)
    {
        var sequence = state.Position - events.Count;
        foreach (var happened in events)
        {
            sequence++;
            var fact = new RunFact { RunId = run, Sequence = sequence * 2, AtUtc = happened.AtUtc, Kind = RunFactKind.RunChanged, IsWorkflow = true };
            switch (happened)
            {
                case WorkflowRunEvent.Started:
                    yield return fact with { Status = RunStatus.Running };
                    break;
                case WorkflowRunEvent.Steered steered:
                    yield return fact with { Status = StatusOf(state.Status), Reason = steered.Reason };
                    break;
                case WorkflowRunEvent.Leased leased:
                    yield return fact with
                    {
                        Kind = RunFactKind.LeaseGranted, TaskIndex = (int)leased.Item, Epoch = leased.Epoch, Worker = leased.Worker is null ? default : new WorkerId(leased.Worker),
                    };
                    break;
                case WorkflowRunEvent.Committed committed:
                    yield return fact with { Kind = RunFactKind.LeaseEnded, TaskIndex = (int)committed.Item, Epoch = committed.Epoch, Reason = "completed" };
                    break;
                case WorkflowRunEvent.Failed failed:
                    yield return fact with { Kind = RunFactKind.LeaseEnded, TaskIndex = (int)failed.Item, Epoch = failed.Epoch, Reason = failed.Message };
                    break;
                case WorkflowRunEvent.Lost lost:
                    yield return fact with { Kind = RunFactKind.LeaseEnded, TaskIndex = (int)lost.Item, Epoch = lost.Epoch, Reason = "lease_lost" };
                    break;
            }
        }

        if (state.IsFinal && events.Count > 0 && events[^1] is not WorkflowRunEvent.OrderDelivered)
        {
            yield return new RunFact
            {
                RunId = run, Sequence = (state.Position * 2) + 1, AtUtc = state.EndedUtc ?? events[^1].AtUtc, Kind = RunFactKind.RunChanged, IsWorkflow = true,
                Status = StatusOf(state.Status), Reason = state.Failure ?? state.Reason,
            };
        }
    }

    private static RunStatus StatusOf(WorkflowRunStatus status) => status switch
    {
        WorkflowRunStatus.Completed => RunStatus.Completed,
        WorkflowRunStatus.Failed => RunStatus.Failed,
        WorkflowRunStatus.Cancelled => RunStatus.Cancelled,
        WorkflowRunStatus.Paused => RunStatus.Paused,
        _ => RunStatus.Running,
    };
}
