using System.Globalization;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>Why a run or a node of it does not run, or why it ended. Pure; the roles' facts are asked of their queues before.</summary>
public static class RunWhy
{
    /// <summary>Most reasons of a run's answer; the nodes that somebody can do something about come first.</summary>
    public const int ReasonsMax = 50;

    /// <summary>Most names that one sentence lists.</summary>
    private const int NamesMax = 5;

    /// <summary>Roles whose facts the answer needs: those of open nodes with tasks that wait for a worker.</summary>
    public static IReadOnlyList<string> RolesOf(GraphRunState state, int? node)
    {
        ArgumentNullException.ThrowIfNull(state);
        var nodes = node is { } one ? [one] : Enumerable.Range(0, state.Nodes.Count);
        return [.. nodes.Where(index => HasReady(state, index)).Select(index => state.Plan!.Nodes[index].Role).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>The reasons, the most telling one first; never none.</summary>
    /// <param name="state">The run.</param>
    /// <param name="node">Position of the node that is asked about; null: the run.</param>
    /// <param name="roles">What the queues say of <see cref="RolesOf"/>; a role that is missing counts as one that nobody serves.</param>
    public static IReadOnlyList<WhyReason> Of(GraphRunState state, int? node, IReadOnlyDictionary<string, RoleFacts> roles)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(roles);
        return node is { } one ? OfNode(state, one, roles) : OfRun(state, roles);
    }

    private static List<WhyReason> OfRun(GraphRunState state, IReadOnlyDictionary<string, RoleFacts> roles)
    {
        switch (state.Status)
        {
            case RunStatus.Completed:
                return [new WhyReason(WhyCodes.Completed, $"Every node of run '{state.RunId}' has ended, and none failed without another way.")];
            case RunStatus.Failed:
                var failed = Enumerable.Range(0, state.Nodes.Count).FirstOrDefault(index => state.Nodes[index] is { Status: RunStatus.Failed, Failure: null }, -1);
                return [new WhyReason(WhyCodes.Failed, $"{state.Failure?.Reason}: {state.Failure?.Message} 'flow rerun {state.RunId}' goes on from there.", failed < 0 ? null : state.Plan!.Nodes[failed].Id)];
            case RunStatus.Cancelled:
                return [new WhyReason(WhyCodes.Cancelled, $"Somebody cancelled run '{state.RunId}': {state.CancelReason}. 'flow rerun {state.RunId}' goes on with it.")];
        }

        // What waits for its parents is told by what they wait for, unless nothing else is left to tell.
        var all = Enumerable.Range(0, state.Nodes.Count).Where(index => !state.Nodes[index].IsTerminal);
        var reasons = all.Where(index => state.Nodes[index].Opened).SelectMany(index => OfNode(state, index, roles)).OrderBy(Rank).Take(ReasonsMax).ToList();
        if (reasons.Count == 0)
        {
            reasons.AddRange(all.Take(ReasonsMax).SelectMany(index => OfNode(state, index, roles)));
        }

        return [.. state.IsPaused ? [PausedReason(state)] : Array.Empty<WhyReason>(), .. reasons];
    }

    private static int Rank(WhyReason reason) => reason.Code switch
    {
        WhyCodes.NoWorker or WhyCodes.NeedsUnmet or WhyCodes.Approval => 0,
        WhyCodes.SlotsFull or WhyCodes.Limit or WhyCodes.BackingOff or WhyCodes.Queued => 1,
        _ => 2,
    };

    private static WhyReason PausedReason(GraphRunState state) =>
        new(WhyCodes.Paused, $"Run '{state.RunId}' is paused{(state.History.FindLast(change => change.To == RunStatus.Paused)?.Reason is { } reason ? $" ({reason})" : "")}; 'flow resume {state.RunId}' ends the pause.");

    private static List<WhyReason> OfNode(GraphRunState state, int index, IReadOnlyDictionary<string, RoleFacts> roles)
    {
        var (plan, node) = (state.Plan!.Nodes[index], state.Nodes[index]);
        if (node.IsTerminal)
        {
            return [Ended(state, plan, node)];
        }

        if (!node.Opened)
        {
            return [NotOpen(state, plan, node)];
        }

        if (plan.Gate is not null)
        {
            return [new WhyReason(WhyCodes.Approval, $"Gate '{plan.Id}' waits for an answer: 'flow approve {state.RunId} {plan.Id}' or 'flow reject'.", plan.Id, state.GateDueUtc(index))];
        }

        return OfTasks(state, plan, node, roles);
    }

    private static List<WhyReason> OfTasks(GraphRunState state, PlanNode plan, NodeRunState node, IReadOnlyDictionary<string, RoleFacts> roles)
    {
        var reasons = new List<WhyReason>();
        var leased = Tasks(node, FlowTaskStatus.Leased);
        var waiting = Tasks(node, FlowTaskStatus.BackingOff);
        var ready = node.Tasks.CountOf(FlowTaskStatus.Ready);
        if (ready > 0)
        {
            reasons.Add(state.IsPaused ? PausedReason(state) with { Node = plan.Id } : ForReady(plan, ready, roles.GetValueOrDefault(plan.Role)));
        }

        if (waiting.Count > 0)
        {
            var next = waiting.MinBy(task => task.ReadyUtc)!;
            reasons.Add(new WhyReason(
                WhyCodes.BackingOff,
                $"{Count(waiting.Count, "task")} of node '{plan.Id}' failed and wait{(waiting.Count == 1 ? "s" : "")} before another try; the last failure: {next.Failure?.Reason}: {next.Failure?.Message}",
                plan.Id,
                next.ReadyUtc));
        }

        if (leased.Count > 0)
        {
            reasons.Add(new WhyReason(
                WhyCodes.Running, $"{Count(leased.Count, "task")} of {node.Tasks.Count} of node '{plan.Id}' run{(leased.Count == 1 ? "s" : "")} on {Names(leased.Select(task => task.LastWorker.Value))}.", plan.Id));
        }

        if (reasons.Count == 0)
        {
            var parents = plan.Edges.Where((edge, number) => node.Edges[number] is EdgeState.Open or EdgeState.Taken && !state.Nodes[edge.Parent].IsTerminal);
            reasons.Add(new WhyReason(
                WhyCodes.WaitingForInput, $"The tasks of node '{plan.Id}' have ended; it ends with its parents: {Names(parents.Select(edge => state.Plan!.Nodes[edge.Parent].Id))}.", plan.Id));
        }

        return reasons;
    }

    private static WhyReason ForReady(PlanNode plan, int ready, RoleFacts? role) => role switch
    {
        null or { IsKnown: false } => new WhyReason(
            WhyCodes.NoWorker, $"No worker has ever announced role '{plan.Role}'; {Count(ready, "task")} of node '{plan.Id}' wait{(ready == 1 ? "s" : "")}. Start a worker that serves it.", plan.Id),
        { WorkerCount: 0 } => new WhyReason(
            WhyCodes.NoWorker, $"No worker that serves role '{plan.Role}' is connected; {Count(ready, "task")} of node '{plan.Id}' wait{(ready == 1 ? "s" : "")}. 'flow workers' lists them.", plan.Id),
        { Unserved: { } unserved } when unserved.GetValueOrDefault(plan.Needs ?? "") is { } unmet => new WhyReason(
            WhyCodes.NeedsUnmet, $"No worker of role '{plan.Role}' has what node '{plan.Id}' needs: {unmet}.", plan.Id),
        { FullKeys: var full } when plan.LimitKey is { } key && full.Contains(key) => new WhyReason(
            WhyCodes.Limit, string.Create(CultureInfo.InvariantCulture, $"Node '{plan.Id}' waits for a limit: {plan.KeyLimit} of key '{key}' at once, over all runs and roles."), plan.Id),
        { Limit: { } limit } => new WhyReason(WhyCodes.Limit, $"Node '{plan.Id}' waits for a limit: {limit}.", plan.Id),
        { FreeSlots: 0 } => new WhyReason(
            WhyCodes.SlotsFull, $"Every slot of the {Count(role.WorkerCount, "worker")} of role '{plan.Role}' is taken; {Count(role.ReadyCount, "task")} wait{(role.ReadyCount == 1 ? "s" : "")} for one. Add workers or slots.", plan.Id),
        _ => new WhyReason(WhyCodes.Queued, $"{Count(ready, "task")} of node '{plan.Id}' {(ready == 1 ? "is" : "are")} about to be leased: role '{plan.Role}' has {Count(role.FreeSlots, "free slot")}.", plan.Id),
    };

    private static WhyReason NotOpen(GraphRunState state, PlanNode plan, NodeRunState node)
    {
        var open = plan.Edges
            .Where((edge, number) => node.Edges[number] == EdgeState.Open || (node.Edges[number] == EdgeState.Taken && node.IsHeldBack && !state.Nodes[edge.Parent].IsTerminal))
            .Select(edge => $"'{state.Plan!.Nodes[edge.Parent].Id}' ({Status(state.Nodes[edge.Parent].Status)}{(edge.AtFirstBatch && !node.IsHeldBack ? ", for its first batch" : "")})")
            .ToList();
        return MakerOf(state, plan, node) is { } maker
            ? new WhyReason(WhyCodes.ArtifactLost, $"Node '{plan.Id}' reads from node '{maker}', of whose output a file was lost; it goes on when that has been made again.", plan.Id)
            : node.IsHeldBack
            ? new WhyReason(WhyCodes.HeldBack, $"Node '{plan.Id}' gave its slots back to what it reads from, and starts when that has ended: {Names(open)}.", plan.Id)
            : new WhyReason(WhyCodes.WaitingForParents, $"Node '{plan.Id}' opens when {plan.FanIn} of its {Count(plan.Edges.Length, "parent")} lead to it, {node.TakenCount} do; it waits for {Names(open)}.", plan.Id);
    }

    private static string? MakerOf(GraphRunState state, PlanNode plan, NodeRunState node) => state.Remaking.IsEmpty ? null : plan.Edges
        .Where((edge, number) => node.Edges[number] == EdgeState.Taken && state.Remaking.Contains(edge.Parent))
        .Select(edge => state.Plan!.Nodes[edge.Parent].Id)
        .FirstOrDefault();

    private static WhyReason Ended(GraphRunState state, PlanNode plan, NodeRunState node)
    {
        switch (node.Status)
        {
            case RunStatus.Completed:
                return new WhyReason(WhyCodes.Completed, $"Node '{plan.Id}' completed {Count(node.CompletedCount, "task")}.", plan.Id);
            case RunStatus.Skipped:
                var ways = plan.Edges.Select((edge, number) => $"'{state.Plan!.Nodes[edge.Parent].Id}' ({Status(state.Nodes[edge.Parent].Status)}{(node.Edges[number] == EdgeState.Dead ? "" : ", leads here")})");
                return new WhyReason(
                    WhyCodes.Skipped, plan.Edges.Length - node.DeadCount < plan.FanIn
                        ? $"Too few of the parents of node '{plan.Id}' led to it: {Names(ways)}."
                        : $"Node '{plan.Id}' was to open, but its condition 'when' did not hold, or its gate's time was over.", plan.Id);
            case RunStatus.Failed:
                var failure = node.Failure ?? node.Tasks.FirstOrDefault(task => task.Status == FlowTaskStatus.Failed)?.Failure ?? state.Failure;
                return new WhyReason(WhyCodes.Failed, $"{failure?.Reason}: {failure?.Message} 'flow rerun {state.RunId}/{plan.Id}' runs it once more.", plan.Id);
            default:
                return new WhyReason(
                    WhyCodes.Cancelled, state.CancelReason is { } reason ? $"Node '{plan.Id}' was cancelled with its run: {reason}." : $"Node '{plan.Id}' was cancelled because the run failed: {state.Failure?.Message}", plan.Id);
        }
    }

    private static List<TaskLease> Tasks(NodeRunState node, FlowTaskStatus status) =>
        node.Tasks.CountOf(status) == 0 ? [] : [.. node.Tasks.Where(task => task.Status == status)];

    private static bool HasReady(GraphRunState state, int index) =>
        state.Plan!.Nodes[index].NeedsWorker && state.Nodes[index] is { Opened: true, IsTerminal: false } node && node.Tasks.CountOf(FlowTaskStatus.Ready) > 0;

    private static string Status(RunStatus status) => status.ToString().ToLowerInvariant();

    private static string Count(int count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");

    private static string Names(IEnumerable<string> names)
    {
        var distinct = names.Distinct(StringComparer.Ordinal).ToList();
        return distinct.Count == 0 ? "nobody" : string.Join(", ", distinct.Take(NamesMax)) + (distinct.Count > NamesMax ? $" and {distinct.Count - NamesMax} more" : "");
    }
}
