using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Graphs;

/// <content>Nodes whose outcome may come from an earlier run.</content>
internal sealed partial class GraphRunStep
{
    /// <summary>An answer that comes twice, or too late, changes nothing.</summary>
    public string? AnswerCache(AnswerCache answer)
    {
        var node = answer.Node;
        if (State.IsTerminal || State.Nodes[node] is not { IsTerminal: false, IsCacheAnswered: false } waiting || waiting.CacheKey != answer.Key)
        {
            return null;
        }

        Add(new CacheAnswered(nowUtc, node, answer.Found?.Run ?? default));
        Advance(node);
        if (answer.Found is { } found && State.Nodes[node] is { Opened: true, IsTerminal: false } open && open.Tasks.Count == found.Tasks.Length)
        {
            for (var index = 0; index < found.Tasks.Length; index++)
            {
                Fill(new TaskSlot(node, index), found.Tasks[index]);
            }
        }

        FollowEnds();
        return null;
    }

    /// <summary>Asks for an earlier outcome, once.</summary>
    /// <returns>True while the node must wait for the answer.</returns>
    private bool MustAskCache(int node)
    {
        if (Plan.Nodes[node].Cache is not { } cache || State.Nodes[node].IsCacheAnswered || State.Nodes[node].Reruns > 0)
        {
            // Who runs a node once more wants it run.
            return false;
        }

        if (State.Nodes[node].CacheKey is null)
        {
            Add(new CacheAsked(nowUtc, node, cache.ContentKeyOf(State, Plan.Nodes[node])));
        }

        return true;
    }

    private void Fill(TaskSlot slot, CachedTask task)
    {
        for (var index = 0; index < task.Batches.Length && !State.Nodes[slot.Node].IsTerminal; index++)
        {
            var accepted = new BatchAccepted(nowUtc, index, task.Batches[index] with { Sequence = State.AcceptedCount }, NodeRunState.NoMetrics);
            Add(new RunTaskChanged(nowUtc, slot, accepted));
            Follow(slot, accepted);
        }

        if (State[slot].Status == FlowTaskStatus.Ready)
        {
            Lease(slot, new EndTask(task.ResultJson, null));
        }
    }
}
