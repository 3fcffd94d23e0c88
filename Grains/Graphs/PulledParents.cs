using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Graphs;

namespace OrleansFlow.Grains.Graphs;

/// <summary>
/// How far an input adapter has come. Acceptance numbers only grow, and a parent that joins late joins with its first batch, so one number says what
/// was read: a reader that begins again after it, on whatever worker, loses nothing and sees nothing twice.
/// </summary>
/// <remarks>Batches that a parent withdraws before it runs again are simply no longer there; those that it makes then have higher numbers.</remarks>
internal sealed class PulledParents(PlanNode node, int[] edges, InputPull pull) : InputCursor
{
    private readonly int[] _next = new int[edges.Length];

    // The state numbers from 0, references from 1.
    private long _last = pull.After - 1;

    public override ArtifactRef? Next(GraphRunState state)
    {
        while (true)
        {
            var first = -1;
            for (var source = 0; source < edges.Length; source++)
            {
                if (Edge(state, source) == EdgeState.Taken && Seek(state, source)
                    && (first < 0 || At(state, source).Sequence < At(state, first).Sequence))
                {
                    first = source;
                }
            }

            if (first < 0)
            {
                return null;
            }

            var batch = At(state, first);
            _last = batch.Sequence;
            _next[first]++;
            if (pull.ShareCount <= 1 || (batch.Task + (long)batch.Index) % pull.ShareCount == pull.ShareIndex)
            {
                return RunViews.Artifact(state, ParentOf(first), batch.Task, batch.Index);
            }
        }
    }

    public override bool IsAtEnd(GraphRunState state)
    {
        for (var source = 0; source < edges.Length; source++)
        {
            var known = Edge(state, source);
            if (known == EdgeState.Open || (known == EdgeState.Taken && (!HasEnded(state, source) || Seek(state, source))))
            {
                return false;
            }
        }

        return true;
    }

    private EdgeState Edge(GraphRunState state, int source) => state.Nodes[node.Index].Edges[edges[source]];

    private int ParentOf(int source) => node.Edges[edges[source]].Parent;

    /// <summary>A parent that completed may run again while the reader is kept open; one that failed for good will not.</summary>
    private bool HasEnded(GraphRunState state, int source) =>
        state.Nodes[ParentOf(source)] is { IsTerminal: true } parent && (!pull.KeepOpen || parent.Status != RunStatus.Completed);

    private AcceptedRef At(GraphRunState state, int source) => state.Nodes[ParentOf(source)].Accepted[_next[source]];

    /// <summary>Goes to the parent's first batch that was not read.</summary>
    /// <returns>False when there is none yet.</returns>
    private bool Seek(GraphRunState state, int source)
    {
        var accepted = state.Nodes[ParentOf(source)].Accepted;
        ref var next = ref _next[source];
        if (next > accepted.Count || (next > 0 && accepted[next - 1].Sequence > _last) || (next < accepted.Count && accepted[next].Sequence <= _last))
        {
            // The first time, and after the parent withdrew batches.
            var (low, high) = (0, accepted.Count);
            while (low < high)
            {
                var middle = low + ((high - low) / 2);
                (low, high) = accepted[middle].Sequence <= _last ? (middle + 1, high) : (low, middle);
            }

            next = low;
        }

        return next < accepted.Count;
    }
}
