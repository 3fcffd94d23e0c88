using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Events;
using OrleansFlow.Graphs;

namespace OrleansFlow.Grains.Events;

/// <summary>The facts in what is about to be committed.</summary>
internal static class RunFacts
{
    /// <summary>Each fact with the version that the run has after it.</summary>
    /// <param name="state">The run after all of the events.</param>
    /// <param name="events">What happened since the commit before.</param>
    public static IEnumerable<RunFact> Of(GraphRunState state, IReadOnlyList<GraphRunEvent> events)
    {
        var version = state.Version - events.Count(change => change.IsDurable);
        foreach (var change in events)
        {
            if (change.IsDurable && Of(state, change, ++version) is { } fact)
            {
                yield return fact;
            }
        }
    }

    private static RunFact? Of(GraphRunState state, GraphRunEvent change, long version)
    {
        var fact = new RunFact { RunId = state.RunId, Sequence = version, AtUtc = change.AtUtc, Kind = RunFactKind.RunChanged };
        return change switch
        {
            RunSubmitted => fact with { Status = RunStatus.Pending },
            RunStatusChanged run => fact with { Status = run.Status },
            RunPaused paused => fact with { Status = RunStatus.Paused, Reason = paused.Reason },
            RunResumed => fact with { Status = state.StartedUtc is null ? RunStatus.Pending : RunStatus.Running },
            RunCompensating begun => fact with { Status = RunStatus.Compensating, Reason = begun.Failure?.Reason ?? begun.Reason },
            RunAborted aborted => fact with { Status = aborted.Status, Reason = aborted.Failure?.Reason ?? aborted.Reason },
            RunReopened reopened => fact with { Status = state.StartedUtc is null ? RunStatus.Pending : RunStatus.Running, Reason = reopened.Reason },
            NodeStatusChanged node => fact with { Kind = RunFactKind.NodeChanged, Node = NodeOf(state, node.Node), Status = node.Status },
            NodeFailed failed => fact with { Kind = RunFactKind.NodeChanged, Node = NodeOf(state, failed.Node), Status = RunStatus.Failed, Reason = failed.Failure.Reason },
            RunTaskChanged task => OfTask(state, task, fact with { Node = NodeOf(state, task.Slot.Node), TaskIndex = task.Slot.Index }),
            _ => null,
        };
    }

    private static RunFact? OfTask(GraphRunState state, RunTaskChanged task, RunFact fact) => task.Change switch
    {
        LeaseGranted granted => fact with { Kind = RunFactKind.LeaseGranted, Epoch = granted.Epoch, Worker = granted.Worker },
        LeaseRevoked revoked => fact with { Kind = RunFactKind.LeaseEnded, Epoch = revoked.Epoch, Worker = revoked.Worker, Reason = revoked.Reason },
        TaskBackedOff backedOff => fact with { Kind = RunFactKind.LeaseEnded, Epoch = backedOff.Epoch, Worker = backedOff.Worker, Reason = backedOff.Failure.Reason },
        TaskFailed { Epoch: > 0 } failed => fact with { Kind = RunFactKind.LeaseEnded, Epoch = failed.Epoch, Worker = failed.Worker, Reason = failed.Failure.Reason },
        TaskCompleted when state[task.Slot].Epoch > 0 => fact with
        {
            Kind = RunFactKind.LeaseEnded, Epoch = state[task.Slot].Epoch, Worker = state[task.Slot].LastWorker, Reason = "completed",
        },
        BatchAccepted accepted => fact with
        {
            Kind = RunFactKind.BatchAccepted,
            Epoch = accepted.Batch.Epoch,
            Worker = state[task.Slot].LastWorker,
            Batch = accepted.Index,
            Rows = accepted.Batch.Rows,
            Bytes = accepted.Batch.Bytes,
        },
        _ => null,
    };

    private static string NodeOf(GraphRunState state, int node) => state.Plan!.Nodes[node].Id;
}
