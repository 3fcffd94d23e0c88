using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Tasks;

namespace OrleansFlow.Simulation.Invariants;

/// <summary>A node's tasks are leased only after as many of the ways to it were open as its fan-in asks for.</summary>
/// <remarks>
/// What parents have done is what was ever decided of them, durable or not: more than any run can rest on, so that a lease which even this does not
/// carry was given too early.
/// </remarks>
internal sealed class FanInInvariant(SimulatedWorld world) : Invariant(world)
{
    private readonly Dictionary<RunId, GraphPlan> _plans = [];
    private readonly HashSet<TaskId> _completed = [];
    private readonly Dictionary<(RunId Run, string Node), int> _counts = [];
    private readonly HashSet<(RunId Run, string Node)> _failed = [];
    private readonly HashSet<(RunId Run, string Node)> _delivered = [];

    public override string Rule => "fan-in (never early)";

    public override void OnRunSubmitting(RunId run, string documentJson) => _plans[run] = GraphParser.Parse(documentJson).RequirePlan();

    public override void OnDecision(LeaseStep step)
    {
        if (step.Task.IsStandalone)
        {
            return;
        }

        var node = (step.Task.RunId, step.Task.Node);
        foreach (var change in step.Decision.Events)
        {
            switch (change)
            {
                case BatchAccepted:
                    _delivered.Add(node);
                    break;
                case TaskCompleted:
                    _completed.Add(step.Task);
                    _counts[node] = _counts.GetValueOrDefault(node) + 1;
                    break;
                case TaskFailed:
                    _failed.Add(node);
                    break;
                case LeaseGranted:
                    Check(step.Task);
                    break;
            }
        }
    }

    private void Check(TaskId task)
    {
        if (!_plans.TryGetValue(task.RunId, out var plan) || plan.Find(task.Node!) is not { } node)
        {
            return;
        }

        var open = node.Edges.Count(edge => IsOpen(task.RunId, plan.Nodes[edge.Parent], edge));
        if (open < node.FanIn)
        {
            Violate($"{task} was leased when {open} of the ways to '{node.Id}' were open; it asks for {node.FanIn} of {node.Edges.Length}");
        }
    }

    private bool IsOpen(RunId run, PlanNode parent, PlanEdge edge) => edge.On switch
    {
        EdgeCondition.Failure => HasFailed(run, parent),
        EdgeCondition.Done => HasFailed(run, parent) || HasCompleted(run, parent) || (edge.AtFirstBatch && _delivered.Contains((run, parent.Id))),
        _ => HasCompleted(run, parent) || (edge.AtFirstBatch && _delivered.Contains((run, parent.Id))),
    };

    /// <summary>By its own tasks, or because it had begun to read from a parent that failed: then its tasks are cancelled, and none of them fails.</summary>
    private bool HasFailed(RunId run, PlanNode node)
    {
        if (_failed.Contains((run, node.Id)))
        {
            return true;
        }

        // Only a way that a batch opened can be open when the parent fails.
        var nodes = _plans[run].Nodes;
        return !node.TakesFailureAsEnd && node.Edges.Any(edge =>
            edge is { On: EdgeCondition.Success, AtFirstBatch: true } && _delivered.Contains((run, nodes[edge.Parent].Id)) && HasFailed(run, nodes[edge.Parent]));
    }

    private bool HasCompleted(RunId run, PlanNode node)
    {
        if (node.Foreach is { } scatter)
        {
            // How many items there are is the run's to know; of an empty list none completes.
            return _counts.GetValueOrDefault((run, node.Id)) >= (scatter.Needed ?? 0);
        }

        for (var index = 0; index < node.TaskCount; index++)
        {
            if (!_completed.Contains(TaskId.OfRun(run, node.Id, index)))
            {
                return false;
            }
        }

        return true;
    }
}
