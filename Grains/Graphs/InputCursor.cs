using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Graphs;

namespace OrleansFlow.Grains.Graphs;

/// <summary>How far one reader of a node's inputs has come. Given ever newer states of the same run.</summary>
internal abstract class InputCursor
{
    /// <summary>The next reference that the state offers; null when it offers none yet.</summary>
    public abstract ArtifactRef? Next(GraphRunState state);

    /// <summary>Whether nothing will come after what <see cref="Next"/> gave.</summary>
    public abstract bool IsAtEnd(GraphRunState state);

    /// <summary>All parents that lead to a node, in order of acceptance.</summary>
    public static InputCursor OfAll(PlanNode node, int task) => new AllParents(node, task);

    /// <summary>One parent, ordered by task and number, each task once it has ended.</summary>
    public static InputCursor OfOne(PlanNode node, int edge, int task) =>
        node.Foreach?.Edge == edge ? new OneBatch(node, edge, task) : new OneParent(node, edge);

    /// <summary>What an input adapter asked for, in order of acceptance.</summary>
    /// <param name="node">The node that reads.</param>
    /// <param name="edges">Which of its edges.</param>
    /// <param name="pull">What was asked for.</param>
    public static InputCursor OfPull(PlanNode node, int[] edges, InputPull pull) => new PulledParents(node, edges, pull);

    /// <summary>Positions of the parents that lead to a node, or still may.</summary>
    public static IEnumerable<int> Sources(GraphRunState state, int node) => state.Plan!.Nodes[node].Edges
        .Where((_, edge) => state.Nodes[node].Edges[edge] is EdgeState.Open or EdgeState.Taken)
        .Select(edge => edge.Parent);

    /// <summary>The batch that a task of a scattered node was made for.</summary>
    private sealed class OneBatch(PlanNode node, int edge, int task) : InputCursor
    {
        private readonly int _parent = node.Edges[edge].Parent;
        private bool _isRead;

        public override ArtifactRef? Next(GraphRunState state)
        {
            if (_isRead || task >= state.Nodes[_parent].Accepted.Count)
            {
                return null;
            }

            _isRead = true;
            var batch = state.Nodes[_parent].Accepted[task];
            return RunViews.Artifact(state, _parent, batch.Task, batch.Index);
        }

        /// <remarks>A parent that ran once more may have made fewer.</remarks>
        public override bool IsAtEnd(GraphRunState state) =>
            _isRead || (state.Nodes[_parent].IsTerminal && task >= state.Nodes[_parent].Accepted.Count);
    }

    private sealed class AllParents : InputCursor
    {
        private readonly PlanNode _node;
        private readonly int[] _read;

        /// <summary>How many batches of each parent are read; of one over whose batches the node is scattered, the task's own alone.</summary>
        private readonly int[] _end;

        public AllParents(PlanNode node, int task)
        {
            _node = node;
            _read = new int[node.Edges.Length];
            _end = [.. Enumerable.Repeat(int.MaxValue, _read.Length)];
            if (node.Foreach?.Edge is { } edge)
            {
                (_read[edge], _end[edge]) = (task, task + 1);
            }
        }

        public override ArtifactRef? Next(GraphRunState state)
        {
            var first = -1;
            for (var edge = 0; edge < _read.Length; edge++)
            {
                if (state.Nodes[_node.Index].Edges[edge] == EdgeState.Taken && _read[edge] < Math.Min(_end[edge], Parent(state, edge).Accepted.Count)
                    && (first < 0 || Sequence(state, edge) < Sequence(state, first)))
                {
                    first = edge;
                }
            }

            if (first < 0)
            {
                return null;
            }

            var batch = Parent(state, first).Accepted[_read[first]++];
            return RunViews.Artifact(state, _node.Edges[first].Parent, batch.Task, batch.Index);
        }

        public override bool IsAtEnd(GraphRunState state)
        {
            for (var edge = 0; edge < _read.Length; edge++)
            {
                var known = state.Nodes[_node.Index].Edges[edge];
                if (_read[edge] < _end[edge] && (known == EdgeState.Open
                    || (known == EdgeState.Taken && (!Parent(state, edge).IsTerminal || _read[edge] < Parent(state, edge).Accepted.Count))))
                {
                    return false;
                }
            }

            return true;
        }

        private NodeRunState Parent(GraphRunState state, int edge) => state.Nodes[_node.Edges[edge].Parent];

        private long Sequence(GraphRunState state, int edge) => Parent(state, edge).Accepted[_read[edge]].Sequence;
    }

    private sealed class OneParent(PlanNode node, int edge) : InputCursor
    {
        private readonly int _parent = node.Edges[edge].Parent;
        private int _task;
        private int _index;

        public override ArtifactRef? Next(GraphRunState state)
        {
            if (state.Nodes[node.Index].Edges[edge] != EdgeState.Taken)
            {
                return null;
            }

            var tasks = state.Nodes[_parent].Tasks;
            while (_task < tasks.Count && tasks[_task].IsTerminal)
            {
                if (_index < tasks[_task].Batches.Count)
                {
                    return RunViews.Artifact(state, _parent, _task, _index++);
                }

                (_task, _index) = (_task + 1, 0);
            }

            return null;
        }

        public override bool IsAtEnd(GraphRunState state) => state.Nodes[node.Index].Edges[edge] switch
        {
            // A scattered parent may get more tasks until it ends.
            EdgeState.Taken => _task == state.Nodes[_parent].Tasks.Count && (state.Plan!.Nodes[_parent].Foreach is null || state.Nodes[_parent].IsTerminal),
            EdgeState.Open => false,
            _ => true,
        };
    }
}
