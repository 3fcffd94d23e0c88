using System.Collections.Immutable;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Workers;
using OrleansFlow.Tasks;

namespace OrleansFlow.Simulation.Invariants;

/// <summary>
/// Rule 3: a task runs at least once and its outcome is recorded once, together with its effects. What a worker was told is recorded is in
/// the store, whole, and stays as it is.
/// </summary>
internal sealed class OneOutcomeInvariant(SimulatedWorld world) : Invariant(world)
{
    private static readonly ImmutableSortedDictionary<string, double> NoMetrics = ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal);

    private readonly HashSet<(TaskId Task, long Epoch)> _done = [];

    public override string Rule => "rule 3 (one outcome, with its effects)";

    public override void OnAttemptDone(WorkerId worker, TaskId task, long epoch) => _done.Add((task, epoch));

    public override void OnTaskStored(TaskId task, TaskLease? before, TaskLease? after)
    {
        if (after is null)
        {
            return;
        }

        foreach (var batch in after.Batches)
        {
            if (!World.Artifacts.ContainsKey(batch.Path))
            {
                Violate($"artifact {batch.Path} of {task} was accepted, and is not there");
            }
        }

        if (before is not null)
        {
            for (var index = 0; index < before.Batches.Count; index++)
            {
                if (index >= after.Batches.Count || !IsSame(after.Batches[index], before.Batches[index]))
                {
                    Violate($"batch {index} of {task} was accepted, and was changed or withdrawn");
                }
            }

            if (before.IsTerminal && (after.Status != before.Status || after.ResultJson != before.ResultJson || after.Batches.Count != before.Batches.Count))
            {
                Violate($"{task} was {before.Status} and became {after.Status} with {after.Batches.Count} instead of {before.Batches.Count} batches");
            }
        }

        foreach (var batch in after.Batches.Where(batch => !World.Artifacts.ContainsKey(batch.Path)))
        {
            Violate($"{task} has the batch '{batch.Path}', which nobody wrote");
        }

        if (after.Status == FlowTaskStatus.Completed)
        {
            CheckCompleted(task, after.ResultJson, after.Batches.Count);
        }
    }

    public override void OnRunSeen(RunView? before, RunView after)
    {
        foreach (var task in after.Nodes.SelectMany(node => node.Tasks).Where(task => task.Status == FlowTaskStatus.Completed && !IsOwn(task)))
        {
            CheckCompleted(task.TaskId, task.ResultJson, task.Batches);
        }

        if (before is null)
        {
            return;
        }

        // A scattered node may have more of them now.
        var tasks = after.Nodes.SelectMany(node => node.Tasks).ToDictionary(task => task.TaskId);
        foreach (var old in before.Nodes.SelectMany(node => node.Tasks))
        {
            if (!tasks.TryGetValue(old.TaskId, out var now))
            {
                Violate($"{old.TaskId} was seen, and is gone");
                continue;
            }

            if (now.Batches < old.Batches || now.Epoch < old.Epoch)
            {
                Violate($"{now.TaskId} was seen with epoch {old.Epoch} and {old.Batches} batches, and later with {now.Epoch} and {now.Batches}");
            }

            if (old.Status is FlowTaskStatus.Completed or FlowTaskStatus.Failed or FlowTaskStatus.Cancelled
                && (now.Status != old.Status || now.ResultJson != old.ResultJson || now.Batches != old.Batches)
                && !IsMadeAgain(old, now))
            {
                Violate($"{now.TaskId} was seen as {old.Status} and later as {now.Status}");
            }
        }
    }

    public override void OnBatchReceipt(WorkerId worker, BatchReceipt receipt)
    {
        if (receipt.Accepted && StandaloneOf(receipt.Lease) is { } task && (Watch.Stored(task)?.Batches.Count ?? 0) <= receipt.Index)
        {
            Violate($"{worker} was told that batch {receipt.Index} of {task} is accepted, and it is not stored");
        }
    }

    public override void OnOutcomeReceipt(WorkerId worker, OutcomeReceipt receipt)
    {
        if (receipt.Accepted && StandaloneOf(receipt.Lease) is { } task
            && (Watch.Stored(task) is not { } stored || (stored.Status == FlowTaskStatus.Leased && stored.Epoch == receipt.Lease.Epoch)))
        {
            Violate($"{worker} was told that the end of {task} epoch {receipt.Lease.Epoch} is recorded, and it is not stored");
        }
    }

    /// <summary>Files that were lost may be made again; what the task reported stands meanwhile.</summary>
    private bool IsMadeAgain(TaskView old, TaskView now) => old.Status == FlowTaskStatus.Completed
        && World.RunsWithLosses.Contains(now.TaskId.RunId.Value) && now.ResultJson == old.ResultJson && now.Batches == old.Batches;

    private static TaskId? StandaloneOf(Lease lease) => TaskId.Parse(lease.TaskId) is { IsStandalone: true } task ? task : null;

    private void CheckCompleted(TaskId task, string? resultJson, int batchCount)
    {
        if (resultJson is null)
        {
            Violate($"{task} is completed without its result");
            return;
        }

        var result = AttemptResult.Parse(resultJson);
        if (!_done.Contains((task, result.Epoch)))
        {
            Violate($"{task} is completed by epoch {result.Epoch}, which never got so far");
        }

        if (result.BatchCount != batchCount)
        {
            Violate($"{task} is completed with {batchCount} batches, but its attempt made {result.BatchCount}");
        }
    }

    // Read back, its metrics are another collection of the same content.
    private static bool IsSame(AcceptedBatch one, AcceptedBatch other) =>
        one with { Metrics = null } == other with { Metrics = null }
        && (one.Metrics ?? NoMetrics).SequenceEqual(other.Metrics ?? NoMetrics);
}
