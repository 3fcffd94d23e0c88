using OrleansFlow.Arrow;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Testing;

/// <summary>How a handler's run over given batches ended. Disposing it releases the outputs.</summary>
public sealed class HandlerRun : IDisposable
{
    private readonly string _node;

    internal HandlerRun(RunView run, string node, IReadOnlyList<RecordBatch> outputs) => (Run, _node, Outputs) = (run, node, outputs);

    /// <summary>The whole run.</summary>
    public RunView Run { get; }

    /// <summary>Where it ended.</summary>
    public RunStatus Status => Run.Status;

    /// <summary>The output batches that stand, in order.</summary>
    public IReadOnlyList<RecordBatch> Outputs { get; }

    /// <summary>The handler's task.</summary>
    public TaskView Task => Run.Nodes.Single(node => node.NodeId == _node).Tasks[0];

    /// <summary>The handler's node, with the sums of its metrics.</summary>
    public NodeView Node => Run.Nodes.Single(node => node.NodeId == _node);

    /// <summary>Attempts that were begun.</summary>
    public int Attempts => Task.Attempt;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var output in Outputs)
        {
            output.Dispose();
        }
    }
}
