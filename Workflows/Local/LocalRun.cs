using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Local;

/// <summary>One run of a workflow in memory: a queue of nodes to step, first in, first out, and what is to be done later.</summary>
internal sealed class LocalRun<TContext>
{
    private readonly Queue<int> _ready = new();
    private readonly PriorityQueue<LocalTimer, (long DueTicks, long Order)> _timers = new();
    private readonly CompiledWorkflow _workflow;
    private readonly LocalNode<TContext>[] _nodes;
    private readonly int[] _joins;
    private long _timerCount;

    public LocalRun(CompiledWorkflow workflow, IReadOnlyList<WorkflowNode<TContext>> nodes, TContext context, HybridClock clock, LocalRunOptions options, object output)
    {
        (_workflow, Options, Output) = (workflow, options, output);
        Scope = new NodeScope<TContext>(context, clock);
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

    public long Steps { get; set; }

    public object Start => _nodes[_workflow.Start];

    public void Enqueue(int node) => _ready.Enqueue(node);

    public LocalTimer Delay(int node, DateTimeOffset dueUtc, Action due)
    {
        var timer = new LocalTimer(node, due);
        _timers.Enqueue(timer, (dueUtc.UtcTicks, _timerCount++));
        return timer;
    }

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
        while (TryReleaseJoin() || await WaitForTimerAsync(cancellationToken).ConfigureAwait(false));

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
            step = _nodes[node].StepAsync(cancellationToken);
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
        foreach (var (timer, _) in _timers.UnorderedItems)
        {
            if (!timer.IsCancelled && timer.Node != join && _workflow.CanReach(timer.Node, join))
            {
                return true;
            }
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

    private async ValueTask<bool> WaitForTimerAsync(CancellationToken cancellationToken)
    {
        while (_timers.TryDequeue(out var timer, out var priority))
        {
            if (timer.IsCancelled)
            {
                continue;
            }

            var wait = priority.DueTicks - Options.Time.GetUtcNow().UtcTicks;
            if (wait > 0)
            {
                await Task.Delay(TimeSpan.FromTicks(wait), Options.Time, cancellationToken).ConfigureAwait(false);
            }

            timer.Fire();
            return true;
        }

        return false;
    }
}
