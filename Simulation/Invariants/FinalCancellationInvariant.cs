using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Tasks;

namespace OrleansFlow.Simulation.Invariants;

/// <summary>Rule 5: once "cancelled" is visible, no later effect appears.</summary>
internal sealed class FinalCancellationInvariant(SimulatedWorld world) : Invariant(world)
{
    private readonly HashSet<string> _cancelled = new(StringComparer.Ordinal);

    public override string Rule => "rule 5 (cancellation is final)";

    public override void OnCancelled(string id)
    {
        _cancelled.Add(id);
        if (TaskId.TryParse(id, out var task) && Watch.Stored(task) is { } stored && stored.Status != FlowTaskStatus.Cancelled)
        {
            Violate($"{id} was called cancelled, but {stored.Status} is stored");
        }
    }

    public override void OnDecision(LeaseStep step)
    {
        var isCancelled = step.Before.Status == FlowTaskStatus.Cancelled
            || _cancelled.Contains(step.Task.IsStandalone ? step.Task.Value : step.Task.RunId.Value);
        if (isCancelled && step.Effects.FirstOrDefault() is { } effect)
        {
            Violate($"{step.Task} was cancelled, and then came {effect.GetType().Name}");
        }
    }

    public override void OnTaskStored(TaskId task, TaskLease? before, TaskLease? after)
    {
        if (before is { Status: FlowTaskStatus.Cancelled } && (after?.Status != FlowTaskStatus.Cancelled || after.Batches.Count != before.Batches.Count))
        {
            Violate($"{task} was stored as cancelled, and then with {after?.Status} and {after?.Batches.Count} batches");
        }
    }

    public override void OnRunSeen(RunView? before, RunView after)
    {
        if (_cancelled.Contains(after.RunId.Value) && after.Status != RunStatus.Cancelled)
        {
            Violate($"{after.RunId} was called cancelled, and then seen as {after.Status}");
        }

        if (before is { Status: RunStatus.Cancelled } && Batches(after) != Batches(before))
        {
            Violate($"{after.RunId} was seen as cancelled, and then with {Batches(after)} instead of {Batches(before)} batches");
        }
    }

    private static long Batches(RunView view) => view.Nodes.Sum(node => node.Batches);
}
