using OrleansFlow.Decisions.Expressions;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <content>The way through the graph: which edges are taken, and what they open, skip, complete or fail.</content>
internal sealed partial class GraphRunStep
{
    /// <summary>Nodes that have ended in this step and whose exits are still to be looked at. A loop over it, not a recursion: a chain may be as long as the graph.</summary>
    private readonly Queue<int> _ended = new();
    private bool _isFollowing;

    /// <summary>The parent's first batch may open the nodes that wait for one.</summary>
    private void FollowFirstBatch(int parent)
    {
        foreach (var (child, edge) in Plan.Nodes[parent].Exits)
        {
            if (Plan.Nodes[child].Edges[edge].AtFirstBatch)
            {
                Settle(child, edge);
                Advance(child);
            }
        }

        FollowEnds();
    }

    /// <summary>Decides what follows from the nodes that have ended, and from what that ends in turn; at last whether the run has completed.</summary>
    private void FollowEnds()
    {
        if (_isFollowing)
        {
            return;
        }

        _isFollowing = true;
        while (_ended.TryDequeue(out var node))
        {
            FollowEnd(node);
        }

        _isFollowing = false;
        if (State.Status == RunStatus.Compensating)
        {
            CompensateNext();
        }
        else if (!State.IsTerminal && State.EndedCount == Plan.RegularCount)
        {
            SkipCompensations();
            Add(new RunStatusChanged(nowUtc, RunStatus.Completed));
        }
    }

    private void FollowEnd(int node)
    {
        foreach (var (child, edge) in Plan.Nodes[node].Exits)
        {
            if (State.IsTerminal)
            {
                return;
            }

            Settle(child, edge);
            if (IsCutOff(node, child, edge))
            {
                Fail(child, new LeaseFailure(
                    LeaseReasons.UpstreamFailed, true, $"Node '{Plan.Nodes[child].Id}' was reading from '{Plan.Nodes[node].Id}', which failed."));
            }
            else
            {
                Advance(child);
            }
        }
    }

    private bool IsCutOff(int parent, int child, int edge) =>
        State.Nodes[parent].Status == RunStatus.Failed
        && Plan.Nodes[child].Edges[edge].On == EdgeCondition.Success
        && State.Nodes[child] is { IsTerminal: false } node && node.Edges[edge] == EdgeState.Taken
        && !Plan.Nodes[child].TakesFailureAsEnd;

    /// <summary>Says what becomes of an edge, once that is known.</summary>
    private void Settle(int child, int edge)
    {
        var plan = Plan.Nodes[child].Edges[edge];
        if (State.Nodes[child].IsTerminal || State.Nodes[child].Edges[edge] != EdgeState.Open)
        {
            return;
        }

        var parent = State.Nodes[plan.Parent];
        if (parent.IsTerminal)
        {
            Add(new EdgeSettled(nowUtc, child, edge, LeadsOn(State, child, plan)));
        }
        else if (plan.AtFirstBatch && parent.Accepted.Count > 0)
        {
            // Here or never: a reader that starts again must find the batches in the order in which the first one found them.
            Add(new EdgeSettled(nowUtc, child, edge, Holds(State, child, plan.When)));
        }
    }

    /// <summary>Opens, skips or completes a node if it can be now.</summary>
    private void Advance(int node)
    {
        var (plan, current) = (Plan.Nodes[node], State.Nodes[node]);
        if (current.IsTerminal)
        {
            return;
        }

        if (!current.Opened)
        {
            if (current.TakenCount >= plan.FanIn && !(current.IsHeldBack && !EarlyStarts.InputIsWhole(State, node)) && !ReadsWhatIsRemade(node))
            {
                Open(node);
            }
            else if (plan.Edges.Length - current.DeadCount < plan.FanIn)
            {
                End(node, RunStatus.Skipped);
            }
        }

        EndIfDone(node);
    }

    private void Open(int node)
    {
        // A node that was held back has passed its condition.
        if (!State.Nodes[node].IsHeldBack && !Holds(State, node, Plan.Nodes[node].When))
        {
            End(node, RunStatus.Skipped);
            return;
        }

        if (MustAskCache(node))
        {
            return;
        }

        if (Plan.Nodes[node].Foreach is { } scatter && Scatter(node, scatter) is { } failure)
        {
            Fail(node, failure);
            return;
        }

        Add(new NodeOpened(nowUtc, node));
        ForTasks(node, new MakeReady());
        OfferNext(node);
        if (Plan.Nodes[node].Function is { } function)
        {
            Call(node, function);
        }
        else if (Plan.Nodes[node].Child is not null && State.Nodes[node].Tasks.Count > 0)
        {
            Begin();
            Add(new NodeStatusChanged(nowUtc, node, RunStatus.Running));
        }
    }

    private void Begin()
    {
        if (State.Status == RunStatus.Pending)
        {
            Add(new RunStatusChanged(nowUtc, RunStatus.Running));
        }
    }

    private void Call(int node, CoordinatorFunction function)
    {
        Begin();
        var slot = new TaskSlot(node, 0);
        var outcome = function.Run(new FunctionCall(State, node, Plan.Nodes[node].Args ?? default, variables, nowUtc));
        if (outcome.Refused is { } refused)
        {
            Lease(slot, new EndTask(null, new LeaseFailure(LeaseReasons.BadInputArgs, true, $"{function.Name}: {refused}")));
            return;
        }

        if (outcome.Variables is { Touched: > 0 } changed)
        {
            Add(new VariablesChanged(nowUtc, changed.Variables, function.Name, changed.Keys, changed.SensitiveHits));
        }

        Lease(slot, new EndTask(outcome.ResultJson, null));
    }

    /// <summary>A node failed for good: another one remedies that, or the run fails.</summary>
    private void Fail(int node, LeaseFailure failure)
    {
        var failed = new NodeFailed(nowUtc, node, failure);
        if (Plan.Nodes[node].Compensation is not null)
        {
            // What could not be undone is seen at the node; the others are undone all the same.
            Add(failed);
            _ended.Enqueue(node);
            return;
        }

        var after = GraphRunDecider.Apply(State, failed);
        foreach (var (child, edge) in Plan.Nodes[node].Exits)
        {
            if (after.Nodes[child].Edges[edge] == EdgeState.Open && !after.Nodes[child].IsTerminal && LeadsOn(after, child, Plan.Nodes[child].Edges[edge]))
            {
                Add(failed);
                _ended.Enqueue(node);
                return;
            }
        }

        Abort(failure, node);
    }

    private void End(int node, RunStatus status)
    {
        Add(new NodeStatusChanged(nowUtc, node, status));
        if (status == RunStatus.Skipped)
        {
            ForTasks(node, new CancelTask("skipped"));
        }

        _ended.Enqueue(node);
    }

    private static bool LeadsOn(GraphRunState state, int child, PlanEdge edge) => state.Nodes[edge.Parent].Status switch
    {
        RunStatus.Completed => edge.On != EdgeCondition.Failure && Holds(state, child, edge.When),
        RunStatus.Failed => edge.On != EdgeCondition.Success && Holds(state, child, edge.When),
        _ => false,
    };

    private static bool Holds(GraphRunState state, int node, Expression? condition) => condition is null || condition.Holds(new RunScope(state, node));
}
