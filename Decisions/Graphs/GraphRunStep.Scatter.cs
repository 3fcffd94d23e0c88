using System.Collections.Immutable;
using System.Globalization;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Graphs;

/// <content>Scattered nodes: their tasks, how many of them are in hand at once, and when they are enough.</content>
internal sealed partial class GraphRunStep
{
    /// <summary>Gives a node that opens its tasks.</summary>
    /// <returns>Why it cannot have them; null when it has.</returns>
    private LeaseFailure? Scatter(int node, PlanForeach scatter)
    {
        // One that was held back has those of before.
        var known = State.Nodes[node].Tasks.Count;
        if (scatter.Edge is { } edge)
        {
            return Grow(node, BatchesOf(node, edge) - known, []);
        }

        if (known > 0)
        {
            return null;
        }

        var items = scatter.Evaluate(new RunScope(State, node), out var problem);
        return problem is null ? Grow(node, items.Length, items) : new LeaseFailure(LeaseReasons.BadInput, true, $"Node '{Plan.Nodes[node].Id}': {problem}");
    }

    private int BatchesOf(int node, int edge) =>
        State.Nodes[node].Edges[edge] == EdgeState.Taken ? State.Nodes[Plan.Nodes[node].Edges[edge].Parent].Accepted.Count : 0;

    private LeaseFailure? Grow(int node, int count, ImmutableArray<string> items)
    {
        var (plan, first) = (Plan.Nodes[node], State.Nodes[node].Tasks.Count);
        if (first + count > plan.TaskCount)
        {
            return new LeaseFailure(LeaseReasons.LimitExceeded, true, string.Create(
                CultureInfo.InvariantCulture, $"Node '{plan.Id}' has more than {plan.TaskCount} items; raise foreach.max_items or make the items larger."));
        }

        if (items.Sum(item => (long)item.Length) is > PlanForeach.ItemCharsMax and var chars)
        {
            return new LeaseFailure(LeaseReasons.LimitExceeded, true, string.Create(
                CultureInfo.InvariantCulture, $"The items of node '{plan.Id}' have {chars} characters; at most {PlanForeach.ItemCharsMax} are allowed. Scatter over names of them."));
        }

        if (count > 0)
        {
            Add(new NodeGrown(nowUtc, node, first, count, items));
        }

        return null;
    }

    /// <summary>A batch of a parent becomes a task of each open node that is scattered over them.</summary>
    private void FollowBatch(int parent)
    {
        foreach (var (child, edge) in Plan.Nodes[parent].ScatterExits)
        {
            if (!State.IsTerminal && State.Nodes[child] is { Opened: true, IsTerminal: false } open && open.Edges[edge] == EdgeState.Taken
                && Grow(child, BatchesOf(child, edge) - open.Tasks.Count, []) is { } failure)
            {
                Fail(child, failure);
                FollowEnds();
            }
        }
    }

    /// <summary>Makes the next tasks of a node ready, as far as its window has room.</summary>
    private void OfferNext(int node)
    {
        if (State.Remaking.Contains(node))
        {
            OfferRemade(node);
        }

        if (Plan.Nodes[node].Window is null)
        {
            return;
        }

        for (var next = State.Nodes[node].OfferedCount;
            State.Nodes[node] is { Opened: true, IsTerminal: false } open && next < open.Tasks.Count && ScatterFold.Room(State, node) > 0;
            next++)
        {
            // One that completed before the run went on, or was made ready with its node, is left alone.
            Lease(new TaskSlot(node, next), new MakeReady());
        }
    }

    /// <summary>Ends an open node whose tasks have done what it needs, or no longer can.</summary>
    private void EndIfDone(int node)
    {
        if (State.Nodes[node] is not { Opened: true, IsTerminal: false } open || State.Remaking.Contains(node))
        {
            return;
        }

        if (Plan.Nodes[node].Foreach?.Needed is not { } needed)
        {
            // A node that started at a first batch may have no task left while its input goes on: it completes with the last of it.
            if (open.CompletedCount == open.Tasks.Count && EarlyStarts.InputIsWhole(State, node))
            {
                End(node, RunStatus.Completed);
            }
        }
        else if (open.CompletedCount >= needed)
        {
            if (open.CompletedCount + LostCount(open) < open.Tasks.Count)
            {
                Add(new NodeRestCancelled(nowUtc, node, LeaseReasons.BarrierMet));
            }

            End(node, RunStatus.Completed);
        }
        else if (open.Tasks.Count - LostCount(open) < needed && EarlyStarts.InputIsWhole(State, node))
        {
            var last = open.Tasks.LastOrDefault(task => task.Status == FlowTaskStatus.Failed)?.Failure?.Message;
            Fail(node, new LeaseFailure(LeaseReasons.BarrierUnreachable, true, string.Create(
                CultureInfo.InvariantCulture,
                $"Node '{Plan.Nodes[node].Id}' needs {needed} of its {open.Tasks.Count} tasks, and {open.FailedCount} failed{(last is null ? "." : $", one of them so: {last}")}")));
        }
    }

    /// <summary>Tasks that will not complete. Some were cancelled when the barrier was met, which is not met any more when one that met it cannot make its batches again.</summary>
    private static int LostCount(NodeRunState node) => node.FailedCount + node.Tasks.CountOf(FlowTaskStatus.Cancelled);
}
