using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Local;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Definitions;

/// <summary>A node of a workflow that is being defined: its edges and how it runs. Every method returns the node.</summary>
/// <typeparam name="TIn">What it takes.</typeparam>
/// <typeparam name="TOut">What it gives.</typeparam>
/// <typeparam name="TContext">What the run's steps share.</typeparam>
public sealed class WorkflowNode<TIn, TOut, TContext> : WorkflowNode<TContext>, IAccepts<TIn>
{
    private readonly Func<LocalRun<TContext>, int, CompiledNode, LocalNode<TContext>> _createLocal;
    private readonly Func<StepExecution<TContext>, CancellationToken, ValueTask<StepOutcome>> _execute;

    internal WorkflowNode(
        object owner,
        string name,
        Func<LocalRun<TContext>, int, CompiledNode, LocalNode<TContext>> createLocal,
        Func<StepExecution<TContext>, CancellationToken, ValueTask<StepOutcome>> execute)
        : base(owner, name) => (_createLocal, _execute) = (createLocal, execute);

    /// <inheritdoc/>
    public override Type InputType => typeof(TIn);

    /// <inheritdoc/>
    public override Type OutputType => typeof(TOut);

    /// <summary>Every output goes to each of these nodes, in this order.</summary>
    /// <param name="targets">The successors.</param>
    public WorkflowNode<TIn, TOut, TContext> To(params ReadOnlySpan<IAccepts<TOut>> targets)
    {
        foreach (var target in targets)
        {
            ArgumentNullException.ThrowIfNull(target, nameof(targets));
            Edges.Add(new EdgeSpec(EdgeKind.Direct, typeof(TOut), target, target.Name));
        }

        return this;
    }

    /// <summary>Every output goes to a node that is named; its type is checked when the workflow is built.</summary>
    /// <param name="target">The successor's name.</param>
    public WorkflowNode<TIn, TOut, TContext> To(string target)
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        Edges.Add(new EdgeSpec(EdgeKind.Direct, typeof(TOut), null, target));
        return this;
    }

    /// <summary>Every output is an output of the run; this branch of it ends here.</summary>
    public WorkflowNode<TIn, TOut, TContext> End()
    {
        Edges.Add(new EdgeSpec(EdgeKind.Direct, typeof(TOut), null, null));
        return this;
    }

    /// <summary>Each output goes where the first guard that holds sends it.</summary>
    /// <param name="arms">Declares the arms.</param>
    public WorkflowNode<TIn, TOut, TContext> Branch(Action<BranchBuilder<TOut>> arms)
    {
        ArgumentNullException.ThrowIfNull(arms);
        arms(new BranchBuilder<TOut>(Edges));
        return this;
    }

    /// <summary>When all attempts failed, the input and the error go to this node, and the run goes on.</summary>
    /// <param name="target">The fallback.</param>
    public WorkflowNode<TIn, TOut, TContext> OnFailure(IAccepts<NodeFailure<TIn>> target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Edges.Add(new EdgeSpec(EdgeKind.Fallback, typeof(NodeFailure<TIn>), target, target.Name));
        return this;
    }

    /// <summary>How failed attempts are repeated; the worker's own policy by default.</summary>
    /// <param name="policy">The policy.</param>
    public WorkflowNode<TIn, TOut, TContext> Retry(StepRetryPolicy policy)
    {
        RetryPolicy = policy;
        return this;
    }

    /// <summary>Longest time of one attempt; no limit by default.</summary>
    /// <param name="time">More than zero.</param>
    public WorkflowNode<TIn, TOut, TContext> Timeout(TimeSpan time)
    {
        TimeLimit = time;
        return this;
    }

    /// <summary>Which workers run it; those of the workflow by default.</summary>
    /// <param name="role">A role's name.</param>
    public WorkflowNode<TIn, TOut, TContext> Role(string role)
    {
        RoleName = role;
        return this;
    }

    /// <summary>Shares one concurrency limit with all nodes of the same key; none by default.</summary>
    /// <param name="key">The key.</param>
    /// <param name="limit">How many of them run at the same time, 1 to 10 000; the same at all nodes of the key.</param>
    public WorkflowNode<TIn, TOut, TContext> ConcurrencyKey(string key, int limit = 1)
    {
        Key = key;
        KeyLimit = limit;
        return this;
    }

    /// <summary>Lets a delegate use <see cref="NodeScope{TContext}.Services"/> in a cluster; node classes that the services make need not say so.</summary>
    public WorkflowNode<TIn, TOut, TContext> UsesServices()
    {
        NeedsServices = true;
        return this;
    }

    /// <summary>How often it may run in one run, which bounds the loops through it; more fails the run. No bound by default.</summary>
    /// <param name="visits">At least 1.</param>
    /// <remarks>
    /// An item counts when it comes to the node, whatever becomes of it: attempts, and runs of the node after a signal, a suspension or child runs, are of the same
    /// item and do not count again. The count is of the whole run, over all its branches, and begins again when the run continues as new; a reset takes it back.
    /// </remarks>
    public WorkflowNode<TIn, TOut, TContext> AtMost(int visits)
    {
        VisitLimit = visits;
        return this;
    }

    internal override LocalNode<TContext> CreateLocal(LocalRun<TContext> run, int index, CompiledNode compiled) => _createLocal(run, index, compiled);

    internal override ValueTask<StepOutcome> ExecuteAsync(StepExecution<TContext> step, CancellationToken cancellationToken) => _execute(step, cancellationToken);
}
