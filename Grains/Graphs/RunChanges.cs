using System.Collections.Immutable;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;

namespace OrleansFlow.Grains.Graphs;

/// <summary>Which segments the events of one commit touched. What follows from the head alone, as an early end, touches none.</summary>
/// <remarks>What follows from other rows touches none either: how an edge that follows its parent was settled, and that a node without parents opened.</remarks>
internal sealed class RunChanges(GraphPlan plan, RunTaskNumbers numbers)
{
    private readonly List<RunBatchRow> _batches = [];

    /// <summary>Segments of nodes.</summary>
    public SortedSet<int> NodeSegments { get; } = [];

    /// <summary>Segments of tasks.</summary>
    public SortedSet<int> TaskSegments { get; } = [];

    /// <summary>Tasks with a new checkpoint.</summary>
    public SortedSet<int> Checkpoints { get; } = [];

    /// <summary>Tasks that completed, or begin again without one: they need no checkpoint any more.</summary>
    public List<int> Completed { get; } = [];

    /// <summary>Nodes that got their items.</summary>
    public SortedSet<int> ItemNodes { get; } = [];

    /// <summary>Whether the variables changed.</summary>
    public bool HasVariables { get; private set; }

    /// <summary>Nodes that began anew: the results of their tasks do not count any more.</summary>
    public ImmutableSortedSet<int> Again { get; private set; } = [];

    /// <summary>New batches, in order of acceptance.</summary>
    public IReadOnlyList<RunBatchRow> Batches => _batches;

    /// <summary>Adds what events touched.</summary>
    /// <param name="state">The run after them.</param>
    /// <param name="events">The events.</param>
    public void Add(GraphRunState state, IEnumerable<GraphRunEvent> events)
    {
        var isNew = false;
        foreach (var change in events.Where(change => change.IsDurable))
        {
            switch (change)
            {
                case RunSubmitted:
                    isNew = true;
                    break;
                case EdgeSettled edge when !plan.Nodes[edge.Node].Edges[edge.Edge].FollowsParent:
                    NodeSegments.Add(edge.Node / RunNodesRow.Size);
                    break;
                case NodeFailed failed:
                    NodeSegments.Add(failed.Node / RunNodesRow.Size);
                    AddTasks(failed.Node, 0, state.Nodes[failed.Node].Tasks.Count);
                    break;
                case CacheAsked asked:
                    NodeSegments.Add(asked.Node / RunNodesRow.Size);
                    break;
                case CacheAnswered answered:
                    NodeSegments.Add(answered.Node / RunNodesRow.Size);
                    break;
                case NodeRestCancelled rest:
                    NodeSegments.Add(rest.Node / RunNodesRow.Size);
                    AddTasks(rest.Node, 0, state.Nodes[rest.Node].Tasks.Count);
                    break;
                case NodeGrown grown:
                    NodeSegments.Add(grown.Node / RunNodesRow.Size);
                    AddTasks(grown.Node, grown.First, grown.Count);
                    if (!grown.Items.IsEmpty)
                    {
                        ItemNodes.Add(grown.Node);
                    }

                    break;
                case RunReopened reopened:
                    // Nearly everything that had not completed changes, and the rows of an early end are older than that end.
                    AddRows();
                    Again = Again.Union(reopened.Again);
                    break;
                case VariablesChanged:
                    HasVariables = true;
                    break;
                case NodeOpened opened when !(isNew && plan.Nodes[opened.Node].OpensWithRun):
                    NodeSegments.Add(opened.Node / RunNodesRow.Size);
                    break;
                case NodeHeldBack held:
                    NodeSegments.Add(held.Node / RunNodesRow.Size);
                    break;
                case NodeStatusChanged node:
                    NodeSegments.Add(node.Node / RunNodesRow.Size);
                    break;
                case RunTaskChanged { Change: BatchAccepted accepted } task:
                    _batches.Add(RunBatchRow.Of(numbers.Of(task.Slot), accepted.Batch));
                    AddMetrics(task.Slot.Node, accepted.Metrics);
                    break;
                case RunTaskChanged { Change: BatchRemade remade } task:
                    _batches.Add(RunBatchRow.Of(numbers.Of(task.Slot), remade.Batch, remade.Index + 1));
                    TaskSegments.Add(numbers.Of(task.Slot) / RunTasksRow.Size);
                    break;
                case RunTaskChanged { Change: CheckpointSaved } task:
                    Checkpoints.Add(numbers.Of(task.Slot));
                    break;
                case RunTaskChanged task:
                    TaskSegments.Add(numbers.Of(task.Slot) / RunTasksRow.Size);
                    AddMetrics(task.Slot.Node, (task.Change as TaskCompleted)?.Metrics);
                    if (task.Change is TaskCompleted or TaskRemade)
                    {
                        Completed.Add(numbers.Of(task.Slot));
                    }

                    break;
            }
        }
    }

    private void AddMetrics(int node, IReadOnlyCollection<KeyValuePair<string, double>>? metrics)
    {
        if (metrics is { Count: > 0 })
        {
            NodeSegments.Add(node / RunNodesRow.Size);
        }
    }

    private void AddTasks(int node, int first, int count)
    {
        first += numbers.RangeOf(node).First;
        for (var segment = first / RunTasksRow.Size; count > 0 && segment <= (first + count - 1) / RunTasksRow.Size; segment++)
        {
            TaskSegments.Add(segment);
        }
    }

    private void AddRows()
    {
        NodeSegments.UnionWith(Enumerable.Range(0, numbers.NodeCount).Select(node => node / RunNodesRow.Size));
        TaskSegments.UnionWith(Enumerable.Range(0, numbers.Count).Select(task => task / RunTasksRow.Size));
    }

    /// <summary>Everything: for a run whose rows are of an older format.</summary>
    public void AddAll(GraphRunState state)
    {
        AddRows();
        var batches =
            from node in Enumerable.Range(0, state.Nodes.Count)
            from accepted in state.Nodes[node].Accepted
            orderby accepted.Sequence
            let slot = new TaskSlot(node, accepted.Task)
            select RunBatchRow.Of(numbers.Of(slot), state[slot].Batches[accepted.Index]);
        _batches.AddRange(batches);
    }
}
