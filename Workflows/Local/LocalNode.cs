using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Local;

/// <summary>A node within one local run: its queue of inputs and the queues it hands its outputs to.</summary>
internal abstract class LocalNode<TContext>(LocalRun<TContext> run, int index, CompiledNode compiled)
{
    private int _visits;

    protected LocalRun<TContext> Run => run;

    protected int Index => index;

    protected CompiledNode Compiled => compiled;

    /// <summary>Items that a join has collected and not handed on.</summary>
    public virtual int Waiting => 0;

    /// <summary>Finds the queues that the edges lead to.</summary>
    public abstract void Wire(LocalNode<TContext>[] nodes, IReadOnlyList<EdgeSpec> edges, object output);

    /// <summary>Takes the oldest input and does the step.</summary>
    public abstract ValueTask StepAsync(CancellationToken cancellationToken);

    /// <summary>Takes the oldest item that was called before and calls it again.</summary>
    public virtual ValueTask StepAgainAsync(CancellationToken cancellationToken) => default;

    /// <summary>Hands on what a join has collected.</summary>
    public virtual void Release()
    {
    }

    protected void Visit()
    {
        run.Steps++;
        if (_visits++ >= (compiled.MaxVisits ?? int.MaxValue))
        {
            throw LocalFailures.TooManyVisits(compiled);
        }
    }

    protected static object Target(CompiledEdge edge, LocalNode<TContext>[] nodes, object output) => edge.Target == CompiledEdge.End ? output : nodes[edge.Target];
}
