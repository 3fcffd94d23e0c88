using System.Globalization;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Graphs;

/// <content>Batches that are gone: whoever made them makes them again, and whoever reads from that node waits.</content>
/// <remarks>
/// 1. A worker says, under its lease, which batch of a parent it cannot read. The lease ends; no retry is spent. 2. The task that made the batch
/// makes all of its batches again, under a new epoch; if its own input is gone as well, its attempt says so in turn. 3. Nodes that read from it
/// give their leases back until it has ended, as after an early start, so that nobody holds a slot that it needs. 4. What has completed stays so:
/// a batch that is made again is the same batch, in another file. Why this ends: a task is made again a bounded number of times.
/// </remarks>
internal sealed partial class GraphRunStep
{
    private string? Lose(TaskSlot slot, LoseInputs lose)
    {
        var makers = new List<(TaskSlot Slot, int Index)>();
        foreach (var input in lose.Inputs)
        {
            if (MakerOf(slot, input) is { } maker && !makers.Contains(maker))
            {
                makers.Add(maker);
            }
        }

        if (makers.Count == 0 || State.Status != RunStatus.Running || !State[slot].IsCurrent(lose.Epoch, nowUtc))
        {
            // Not the batch that stands, or nobody is left to make it: the retries of the task decide.
            return LeaseOf(slot, new FailAttempt(lose.Epoch, lose.Failure));
        }

        foreach (var (maker, index) in makers)
        {
            if (State.Nodes[maker.Node].Status is RunStatus.Failed or RunStatus.Cancelled || !LeaseDecider.CanRemake(State[maker], index, State.RemakesMax))
            {
                return LeaseOf(slot, new FailAttempt(lose.Epoch, Unmakeable(maker, index)));
            }
        }

        if (LeaseOf(slot, lose) is { } refused)
        {
            return refused;
        }

        foreach (var (maker, index) in makers)
        {
            if (State.Nodes[maker.Node].IsTerminal)
            {
                Add(new NodeStatusChanged(nowUtc, maker.Node, RunStatus.Running) { Reason = LeaseReasons.ArtifactLost });
            }

            LeaseOf(maker, new RemakeTask(index, State.RemakesMax));
        }

        foreach (var node in makers.Select(maker => maker.Slot.Node).Distinct())
        {
            WithholdReaders(node);
            OfferRemade(node);
        }

        return null;
    }

    /// <summary>The task whose batch was lost; null when the batch that stands is another one, or not one that the task reads.</summary>
    private (TaskSlot Slot, int Index)? MakerOf(TaskSlot reader, LostInput input)
    {
        if (Plan.Find(input.Node) is not { } parent || input.Task < 0 || input.Task >= State.Nodes[parent.Index].Tasks.Count)
        {
            return null;
        }

        var reads = Plan.Nodes[reader.Node].Edges.Where((edge, number) => edge.Parent == parent.Index && State.Nodes[reader.Node].Edges[number] == EdgeState.Taken).Any();
        var batches = State.Nodes[parent.Index].Tasks[input.Task].Batches;
        return reads && input.Index >= 0 && input.Index < batches.Count && string.Equals(batches[input.Index].Path, input.Path, StringComparison.Ordinal)
            ? (new TaskSlot(parent.Index, input.Task), input.Index)
            : null;
    }

    private LeaseFailure Unmakeable(TaskSlot maker, int index)
    {
        var (task, node) = (State[maker], Plan.Nodes[maker.Node].Id);
        var why = State.Nodes[maker.Node].Status is RunStatus.Failed or RunStatus.Cancelled
            ? $"node '{node}' {(State.Nodes[maker.Node].Status == RunStatus.Failed ? "failed" : "was cancelled")}"
            : task.Status is FlowTaskStatus.Failed or FlowTaskStatus.Cancelled ? $"that task is {task.Status.ToString().ToLowerInvariant()}"
            : string.Create(CultureInfo.InvariantCulture, $"that task was made again {task.Remake?.Times ?? 0} times, and OrleansFlow:Leases:MaxRemakes allows {State.RemakesMax}");
        return new LeaseFailure(LeaseReasons.ArtifactLost, true, string.Create(
            CultureInfo.InvariantCulture,
            $"Batch {index} of task '{State.IdOf(maker)}' is lost ('{task.Batches[index].Path}'), and {why}. See where the files of the artifact folder go; 'flow rerun {State.RunId}/{node}' makes the node and all that follows from it anew."));
    }

    private void WithholdReaders(int parent)
    {
        foreach (var (child, edge) in Plan.Nodes[parent].Exits)
        {
            if (Plan.Nodes[child].NeedsWorker && State.Nodes[child] is { Opened: true, IsTerminal: false } open && open.Edges[edge] == EdgeState.Taken
                && open.CompletedCount + open.FailedCount < open.Tasks.Count)
            {
                Add(new NodeHeldBack(nowUtc, child) { Reason = LeaseReasons.ArtifactLost });
                ForTasks(child, new WithholdTask(LeaseReasons.ArtifactLost));
            }
        }
    }

    /// <summary>Readies tasks that are to make their batches again, as far as their node's window has room.</summary>
    private void OfferRemade(int node)
    {
        for (var index = 0; index < State.Nodes[node].Tasks.Count; index++)
        {
            if (State.Nodes[node] is { Opened: true, IsTerminal: false } open && open.Tasks[index] is { IsBeingRemade: true, Status: FlowTaskStatus.Pending } && ScatterFold.Room(State, node) > 0)
            {
                LeaseOf(new TaskSlot(node, index), new MakeReady());
            }
        }
    }

    /// <summary>Whether a node would begin to read what is being made again.</summary>
    private bool ReadsWhatIsRemade(int node)
    {
        if (State.Remaking.IsEmpty)
        {
            return false;
        }

        var edges = Plan.Nodes[node].Edges;
        for (var edge = 0; edge < edges.Length; edge++)
        {
            if (State.Nodes[node].Edges[edge] == EdgeState.Taken && State.Remaking.Contains(edges[edge].Parent))
            {
                return true;
            }
        }

        return false;
    }
}
