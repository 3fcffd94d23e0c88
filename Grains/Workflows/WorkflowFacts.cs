using OrleansFlow.Events;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <summary>The facts in the events of a workflow's run.</summary>
internal static class WorkflowFacts
{
    /// <summary>
    /// Each fact with a sequence of its own: twice the place of its event in the run's log, and one more for what the run became by it. However the events are
    /// grouped into commits, and however often they are read, a fact is the same.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="before">The run before the events.</param>
    /// <param name="events">The events.</param>
    public static IEnumerable<RunFact> Of(RunId run, WorkflowRunState before, IReadOnlyList<WorkflowRunEvent> events)
    {
        var state = before;
        foreach (var happened in events)
        {
            var was = state.Status;
            state = WorkflowRunDecider.Apply(state, happened);
            var fact = new RunFact { RunId = run, Sequence = state.Position * 2, AtUtc = happened.AtUtc, Kind = RunFactKind.RunChanged, IsWorkflow = true };
            switch (happened)
            {
                case WorkflowRunEvent.Started:
                    yield return fact with { Status = RunStatus.Running };
                    was = WorkflowRunStatus.Running;
                    break;
                case WorkflowRunEvent.Steered steered:
                    yield return fact with { Status = StatusOf(state.Status), Reason = steered.Reason };
                    was = state.IsFinal ? was : state.Status;
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

            if (state.Status != was)
            {
                yield return fact with
                {
                    Sequence = (state.Position * 2) + 1, AtUtc = state.EndedUtc ?? happened.AtUtc, Status = StatusOf(state.Status), Reason = state.Failure ?? state.Reason,
                };
            }
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
