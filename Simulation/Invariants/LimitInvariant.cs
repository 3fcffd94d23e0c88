using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Tasks;

namespace OrleansFlow.Simulation.Invariants;

/// <summary>No more tasks are in hand, leased or backing off, than the limits of all tasks, of a role and of a key allow.</summary>
/// <remarks>
/// A lease counts from when it is offered, so once it is durable, until anybody decides its end, durable or not: never longer than it is in hand.
/// How a run that fails ends its other leases is not seen, so from then on it is left out; a scenario must not cancel runs.
/// </remarks>
internal sealed class LimitInvariant(SimulatedWorld world) : Invariant(world)
{
    private readonly Dictionary<RunId, GraphPlan> _plans = [];
    private readonly SortedDictionary<string, (TaskId Task, long Epoch)> _inHand = new(StringComparer.Ordinal);
    private readonly HashSet<(TaskId Task, long Epoch)> _ended = [];
    private readonly HashSet<RunId> _failed = [];

    public override string Rule => "limits (never exceeded)";

    /// <summary>The role of a standalone task is the part of its id before the hyphen.</summary>
    public static string RoleOf(TaskId task) => task.Value.Split('-')[0];

    public override void OnRunSubmitting(RunId run, string documentJson) => _plans[run] = GraphParser.Parse(documentJson).RequirePlan();

    public override void OnOffered(WorkerId worker, TaskId task, long epoch)
    {
        if (World.Options.Limits is not { } limits || _ended.Contains((task, epoch)) || (!task.IsStandalone && _failed.Contains(task.RunId)))
        {
            return;
        }

        _inHand[task.Value] = (task, epoch);
        if (_inHand.Count > limits.Total)
        {
            Violate($"{task} is offered, and with it {_inHand.Count} tasks are in hand; the limit of all is {limits.Total}");
        }

        var role = RoleNameOf(task);
        var ofRole = _inHand.Values.Count(held => RoleNameOf(held.Task) == role);
        if (ofRole > limits.OfRole(role))
        {
            Violate($"{task} is offered, and with it {ofRole} tasks of role {role} are in hand; its limit is {limits.OfRole(role)}");
        }

        if (NodeOf(task)?.LimitKey is { } key)
        {
            // One that names a higher limit may come after one that names a lower, so that the highest is what holds at any time.
            var ofKey = _inHand.Values.Select(held => NodeOf(held.Task)).Where(node => node?.LimitKey == key).ToList();
            if (ofKey.Count > ofKey.Max(node => node!.KeyLimit))
            {
                Violate($"{task} is offered, and with it {ofKey.Count} tasks of key {key} are in hand; the highest limit that one names is {ofKey.Max(node => node!.KeyLimit)}");
            }
        }
    }

    public override void OnDecision(LeaseStep step)
    {
        if (!step.Task.IsStandalone && step.Decision.Events.Any(change => change is TaskFailed) && _failed.Add(step.Task.RunId))
        {
            foreach (var (text, _) in _inHand.Where(pair => !pair.Value.Task.IsStandalone && pair.Value.Task.RunId == step.Task.RunId).ToList())
            {
                _inHand.Remove(text);
            }
        }

        if (step.Before.Status is FlowTaskStatus.Leased or FlowTaskStatus.BackingOff && step.Decision.Events.Length > 0
            && LeaseDecider.Apply(step.Before, step.Decision.Events).Status is not (FlowTaskStatus.Leased or FlowTaskStatus.BackingOff))
        {
            _ended.Add((step.Task, step.Before.Epoch));
            if (_inHand.TryGetValue(step.Task.Value, out var held) && held.Epoch <= step.Before.Epoch)
            {
                _inHand.Remove(step.Task.Value);
            }
        }
    }

    private string RoleNameOf(TaskId task) => NodeOf(task)?.Role ?? RoleOf(task);

    private PlanNode? NodeOf(TaskId task) => !task.IsStandalone && _plans.TryGetValue(task.RunId, out var plan) ? plan.Find(task.Node!) : null;
}
