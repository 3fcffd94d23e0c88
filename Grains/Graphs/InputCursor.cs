using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Graphs;

/// <summary>How far one reader of a node's inputs has come. Given ever newer states of the same run.</summary>
internal abstract class InputCursor
{
    /// <summary>The next reference that the state offers; null when it offers none yet.</summary>
    public abstract ArtifactRef? Next(GraphRunState state);

    /// <summary>Whether nothing will come after what <see cref="Next"/> gave.</summary>
    public abstract bool IsAtEnd(GraphRunState state);

    /// <summary>All parents, in order of acceptance.</summary>
    public static InputCursor OfAll(IReadOnlyList<int> parents) => new AllParents([.. parents]);

    /// <summary>One parent, ordered by task and number, each task once it has completed.</summary>
    public static InputCursor OfOne(int parent) => new OneParent(parent);

    private sealed class AllParents(int[] parents) : InputCursor
    {
        private readonly int[] _read = new int[parents.Length];

        public override ArtifactRef? Next(GraphRunState state)
        {
            var first = -1;
            for (var parent = 0; parent < parents.Length; parent++)
            {
                if (_read[parent] < state.Nodes[parents[parent]].Accepted.Count && (first < 0 || Sequence(state, parent) < Sequence(state, first)))
                {
                    first = parent;
                }
            }

            if (first < 0)
            {
                return null;
            }

            var batch = state.Nodes[parents[first]].Accepted[_read[first]++];
            return RunViews.Artifact(state, parents[first], batch.Task, batch.Index);
        }

        public override bool IsAtEnd(GraphRunState state)
        {
            for (var parent = 0; parent < parents.Length; parent++)
            {
                var node = state.Nodes[parents[parent]];
                if (node.Status != RunStatus.Completed || _read[parent] < node.Accepted.Count)
                {
                    return false;
                }
            }

            return true;
        }

        private long Sequence(GraphRunState state, int parent) => state.Nodes[parents[parent]].Accepted[_read[parent]].Sequence;
    }

    private sealed class OneParent(int node) : InputCursor
    {
        private int _task;
        private int _index;

        public override ArtifactRef? Next(GraphRunState state)
        {
            var tasks = state.Nodes[node].Tasks;
            while (_task < tasks.Count && tasks[_task].Status == FlowTaskStatus.Completed)
            {
                if (_index < tasks[_task].Batches.Count)
                {
                    return RunViews.Artifact(state, node, _task, _index++);
                }

                (_task, _index) = (_task + 1, 0);
            }

            return null;
        }

        public override bool IsAtEnd(GraphRunState state) => _task == state.Nodes[node].Tasks.Count;
    }
}
