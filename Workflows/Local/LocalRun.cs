using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Local;

/// <summary>One run of a workflow in memory: a queue of nodes to step, first in, first out, and what is to be done later.</summary>
internal sealed class LocalRun<TContext>
{
    private readonly Queue<int> _ready = new();
    private readonly CompiledWorkflow _workflow;
    private readonly LocalNode<TContext>[] _nodes;
    private readonly int[] _joins;

    public LocalRun(CompiledWorkflow workflow, IReadOnlyList<WorkflowNode<TContext>> nodes, TContext context, HybridClock clock, LocalRunOptions options, object output,
        IReadOnlyList<WorkflowDefinition> children)
    {
        (_workflow, Options, Output) = (workflow, options, output);
        Waits = new LocalWaits(options, children);
        Scope = new NodeScope<TContext>(context, clock, options.Time) { Services = options.Services, Logger = options.Logger };
        _nodes = [.. nodes.Select((node, index) => node.CreateLocal(this, index, workflow.Nodes[index]))];
        _joins = [.. Enumerable.Range(0, _nodes.Length).Where(index => workflow.Nodes[index].Join is not null)];
        for (var index = 0; index < _nodes.Length; index++)
        {
            _nodes[index].Wire(_nodes, nodes[index].Edges, output);
        }
    }

    public LocalRunOptions Options { get; }

    public NodeScope<TContext> Scope { get; }

    public object Output { get; }

    public LocalWaits Waits { get; }

    public long LastItem { get; set; }

    /// <summary>With what the run begins again; all its items are dropped then.</summary>
    public Continuation? Renewal { get; private set; }

    public void Renew(Continuation continuation)
    {
        Renewal = continuation;
        _ready.Clear();
    }

    public long Steps { get; set; }

    public object Start => _nodes[_workflow.Start];

    public void Enqueue(int node) => _ready.Enqueue(node);

    /// <summary>A node is to take an item that was called before.</summary>
    public void EnqueueAgain(int node) => _ready.Enqueue(~node);

    /// <summary>Steps until nothing is left to do, now or later.</summary>
    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        do
        {
            while (!TryDrain(cancellationToken, out var step))
            {
                await step.ConfigureAwait(false);
            }
        }
        while (Renewal is null && (TryReleaseJoin() || await Waits.NextAsync(cancellationToken).ConfigureAwait(false)));

        if (Renewal is not null)
        {
            return;
        }

        foreach (var join in _joins.Where(join => _nodes[join].Waiting > 0))
        {
            throw LocalFailures.ShortJoin(_workflow.Nodes[join], _nodes[join].Waiting);
        }
    }

    /// <summary>Steps until the queue is empty, or until a step has to be awaited. No await here: this is the loop that counts.</summary>
    private bool TryDrain(CancellationToken cancellationToken, out ValueTask step)
    {
        while (_ready.TryDequeue(out var node))
        {
            cancellationToken.ThrowIfCancellationRequested();
            step = node >= 0 ? _nodes[node].StepAsync(cancellationToken) : _nodes[~node].StepAgainAsync(cancellationToken);
            if (!step.IsCompletedSuccessfully)
            {
                return false;
            }
        }

        step = default;
        return true;
    }

    /// <summary>Lets the first join go on that waits for all and that nothing can reach any more.</summary>
    private bool TryReleaseJoin()
    {
        foreach (var join in _joins)
        {
            if (_nodes[join].Waiting > 0 && _workflow.Nodes[join].Join!.Kind == JoinKind.All && !IsAwaited(join))
            {
                _nodes[join].Release();
                return true;
            }
        }

        return false;
    }

    private bool IsAwaited(int join)
    {
        if (Waits.Nodes.Any(node => node != join && _workflow.CanReach(node, join)))
        {
            return true;
        }

        foreach (var other in _joins)
        {
            // Of two joins that can reach each other the one that was declared first goes on.
            if (other != join && _nodes[other].Waiting > 0 && _workflow.CanReach(other, join) && !(join < other && _workflow.CanReach(join, other)))
            {
                return true;
            }
        }

        return false;
    }
}
