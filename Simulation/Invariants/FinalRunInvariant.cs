using OrleansFlow.Graphs;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Tasks;

namespace OrleansFlow.Simulation.Invariants;

/// <summary>Rule 6: a terminal state of a run is final, and "completed" means that nothing is pending or in flight.</summary>
internal sealed class FinalRunInvariant(SimulatedWorld world) : Invariant(world)
{
    public override string Rule => "rule 6 (a run's end is final)";

    public override void OnDecision(LeaseStep step)
    {
        if (!step.Task.IsStandalone && Watch.Seen(step.Task.RunId) is { } run && IsEnd(run.Status) && step.Effects.FirstOrDefault() is { } effect)
        {
            Violate($"{run.RunId} was seen as {run.Status}, and then {step.Task} had {effect.GetType().Name}");
        }
    }

    public override void OnRunSeen(RunView? before, RunView after)
    {
        if (before is not null && IsEnd(before.Status) && after.Status != before.Status)
        {
            Violate($"{after.RunId} was seen as {before.Status}, and then as {after.Status}");
        }

        if (after.Status != RunStatus.Completed)
        {
            return;
        }

        foreach (var node in after.Nodes)
        {
            if (node.Status is not (RunStatus.Completed or RunStatus.Skipped) && node.Failure is null)
            {
                Violate($"{after.RunId} is completed, but its node {node.NodeId} is {node.Status}");
            }

            if (node.Tasks.FirstOrDefault(task => node.Status == RunStatus.Completed && task.ItemJson is null ? task.Status != FlowTaskStatus.Completed : !IsOver(task)) is { } open)
            {
                Violate($"{after.RunId} is completed, but {open.TaskId} is {open.Status}");
            }
        }
    }

    private static bool IsOver(TaskView task) => task.Status is FlowTaskStatus.Completed or FlowTaskStatus.Failed or FlowTaskStatus.Cancelled;

    private static bool IsEnd(RunStatus status) => status is RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled;
}
