using OrleansFlow.Errors;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Local;
using OrleansFlow.Workflows.Nodes;

namespace OrleansFlow.Workflows;

/// <summary>Defines a workflow: its nodes, where their outputs go, and what a run returns. <see cref="Build{TIn, TOut}"/> checks all of it at once.</summary>
/// <typeparam name="TContext">What the run's steps share; <see cref="NoContext"/> for nothing.</typeparam>
public sealed partial class Workflow<TContext>
    where TContext : IMergeable<TContext>
{
    private readonly List<WorkflowNode<TContext>> _nodes = [];
    private WorkflowNode<TContext>? _start;
    private OutputRule _output;

    /// <summary>A workflow without nodes.</summary>
    /// <param name="name">Its name; 1 to 128 letters, digits, dots, dashes and underscores.</param>
    /// <param name="version">Its version, from 1. Raise it with each change that running instances must not see.</param>
    public Workflow(string name, int version = 1) => (Name, Version) = (name, version);

    /// <summary>The workflow's name.</summary>
    public string Name { get; }

    /// <summary>The workflow's version.</summary>
    public int Version { get; }

    /// <summary>Adds a node that is a class.</summary>
    /// <typeparam name="TIn">What it takes.</typeparam>
    /// <typeparam name="TOut">What it gives.</typeparam>
    /// <param name="name">Unique in the workflow; as the workflow's name.</param>
    /// <param name="node">The node.</param>
    public WorkflowNode<TIn, TOut, TContext> Node<TIn, TOut>(string name, INode<TIn, TOut, TContext> node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return Add(Step(name, node));
    }

    /// <summary>Adds a node that is an asynchronous delegate.</summary>
    /// <typeparam name="TIn">What it takes.</typeparam>
    /// <typeparam name="TOut">What it gives.</typeparam>
    /// <param name="name">Unique in the workflow.</param>
    /// <param name="run">See <see cref="INode{TIn, TOut, TContext}.RunAsync"/>.</param>
    public WorkflowNode<TIn, TOut, TContext> Node<TIn, TOut>(string name, Func<TIn, NodeScope<TContext>, CancellationToken, ValueTask<Transition<TOut>>> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Node(name, new DelegateNode<TIn, TOut, TContext>(run));
    }

    /// <summary>Adds a node that is a delegate.</summary>
    /// <typeparam name="TIn">What it takes.</typeparam>
    /// <typeparam name="TOut">What it gives.</typeparam>
    /// <param name="name">Unique in the workflow.</param>
    /// <param name="run">As <see cref="INode{TIn, TOut, TContext}.RunAsync"/>, for nodes that wait for nothing.</param>
    public WorkflowNode<TIn, TOut, TContext> Node<TIn, TOut>(string name, Func<TIn, NodeScope<TContext>, Transition<TOut>> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Node<TIn, TOut>(name, (input, scope, _) => new ValueTask<Transition<TOut>>(run(input, scope)));
    }

    /// <summary>Adds a node that makes several outputs of one input.</summary>
    /// <typeparam name="TIn">What it takes.</typeparam>
    /// <typeparam name="TOut">What it gives.</typeparam>
    /// <param name="name">Unique in the workflow.</param>
    /// <param name="split">Makes the outputs, in order.</param>
    public WorkflowNode<TIn, TOut, TContext> Split<TIn, TOut>(string name, Func<TIn, IReadOnlyList<TOut>> split)
    {
        ArgumentNullException.ThrowIfNull(split);
        var node = new DelegateNode<TIn, TOut, TContext>((input, _, _) => new(Transition.NextAll(split(input))));
        return Add(Step(name, node, returnsMany: true));
    }

    /// <summary>Adds a node that runs another one for each element of a list, inside one step, and keeps the order.</summary>
    /// <typeparam name="TIn">An element.</typeparam>
    /// <typeparam name="TOut">What an element becomes. Next gives one output, NextAll all of its own, Hold none.</typeparam>
    /// <param name="name">Unique in the workflow.</param>
    /// <param name="width">Elements that run at the same time, at least 1: a wave of so many ends before the next begins.</param>
    /// <param name="inner">What runs for an element; it may not wait. The first element that fails, in their order, fails the batch after its wave.</param>
    public WorkflowNode<IReadOnlyList<TIn>, IReadOnlyList<TOut>, TContext> Batch<TIn, TOut>(string name, int width, INode<TIn, TOut, TContext> inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        return Node(name, new BatchNode<TIn, TOut, TContext>(inner, width));
    }

    /// <summary>Adds a batch of a delegate.</summary>
    /// <typeparam name="TIn">An element.</typeparam>
    /// <typeparam name="TOut">What an element becomes.</typeparam>
    /// <param name="name">Unique in the workflow.</param>
    /// <param name="width">Elements that run at the same time.</param>
    /// <param name="inner">What runs for an element.</param>
    public WorkflowNode<IReadOnlyList<TIn>, IReadOnlyList<TOut>, TContext> Batch<TIn, TOut>(
        string name, int width, Func<TIn, NodeScope<TContext>, CancellationToken, ValueTask<Transition<TOut>>> inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        return Batch(name, width, new DelegateNode<TIn, TOut, TContext>(inner));
    }

    /// <summary>Adds a node that collects items of several branches and goes on with all of them.</summary>
    /// <typeparam name="TItem">The items.</typeparam>
    /// <param name="name">Unique in the workflow.</param>
    /// <param name="rule">When it goes on.</param>
    public WorkflowNode<TItem, IReadOnlyList<TItem>, TContext> Join<TItem>(string name, JoinRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        var node = new IdentityNode<IReadOnlyList<TItem>, TContext>();
        return Add(new WorkflowNode<TItem, IReadOnlyList<TItem>, TContext>(
            this, name, (run, index, compiled) => new LocalJoin<TItem, TContext>(run, index, compiled), (step, cancellationToken) => step.RunAsync(node, cancellationToken))
        {
            JoinRule = rule,
        });
    }

    /// <summary>Adds a whole workflow as one node: it runs to its output inside one step, and fails as one.</summary>
    /// <typeparam name="TIn">The inner workflow's input.</typeparam>
    /// <typeparam name="TOut">The inner workflow's output.</typeparam>
    /// <param name="name">Unique in the workflow.</param>
    /// <param name="inner">The inner workflow; its steps share the step's context.</param>
    public WorkflowNode<TIn, TOut, TContext> Nested<TIn, TOut>(string name, WorkflowDefinition<TIn, TOut, TContext> inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        return Add(new WorkflowNode<TIn, TOut, TContext>(
            this,
            name,
            (run, index, compiled) => new LocalStep<TIn, TOut, TContext>(run, index, compiled, new NestedNode<TIn, TOut, TContext>(inner, run.Options)),
            (step, cancellationToken) => step.RunAsync(new NestedNode<TIn, TOut, TContext>(inner, new LocalRunOptions { Time = step.Options.Time, Services = step.Options.Services, Logger = step.Options.Logger }), cancellationToken))
        {
            NeedsServices = inner.NeedsServices,
        });
    }

    /// <summary>Says where a run begins.</summary>
    /// <param name="node">A node of this workflow.</param>
    public Workflow<TContext> Start(WorkflowNode<TContext> node)
    {
        ArgumentNullException.ThrowIfNull(node);
        _start = node;
        return this;
    }

    /// <summary>Says which output a run has when several branches end; the first one by default.</summary>
    /// <param name="rule">The rule.</param>
    public Workflow<TContext> Output(OutputRule rule)
    {
        _output = rule;
        return this;
    }

    /// <summary>Says everything that is wrong with the workflow, with the nodes' names.</summary>
    /// <typeparam name="TIn">The input of a run.</typeparam>
    /// <typeparam name="TOut">The output of a run.</typeparam>
    /// <returns>Empty when it can be built.</returns>
    public IReadOnlyList<FlowProblem> Validate<TIn, TOut>() =>
        new WorkflowChecks<TContext>(
            this, Name, Version, _nodes, _start, typeof(TIn), typeof(TOut), [.. _queries.Select(query => query.Name)], [.. _updates.Select(update => update.Name)], _migrations).Run();

    /// <summary>Checks the workflow and makes it ready to run. Later changes of this object do not reach what was built.</summary>
    /// <typeparam name="TIn">The input of a run.</typeparam>
    /// <typeparam name="TOut">The output of a run.</typeparam>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadGraph"/>, with every problem.</exception>
    public WorkflowDefinition<TIn, TOut, TContext> Build<TIn, TOut>()
    {
        var problems = Validate<TIn, TOut>();
        if (problems.Count > 0)
        {
            throw new FlowException(FlowErrorCode.BadGraph, problems);
        }

        var compiled = WorkflowCompiler.Compile(Name, Version, _nodes, _start!, _output, _queries.Select(query => query.Name), _updates.Select(update => update.Name));
        return new WorkflowDefinition<TIn, TOut, TContext>(compiled, [.. _nodes], [.. _queries], [.. _updates], [.. _migrations], [.. _children]);
    }

    private WorkflowNode<TIn, TOut, TContext> Step<TIn, TOut>(string name, INode<TIn, TOut, TContext> node, bool returnsMany = false) => new(
        this,
        name,
        (run, index, compiled) => new LocalStep<TIn, TOut, TContext>(run, index, compiled, node),
        (step, cancellationToken) => step.RunAsync(node, cancellationToken))
    {
        ReturnsMany = returnsMany,
        NeedsServices = node is IUsesServices { UsesServices: true },
    };

    private WorkflowNode<TIn, TOut, TContext> Add<TIn, TOut>(WorkflowNode<TIn, TOut, TContext> node)
    {
        _nodes.Add(node);
        return node;
    }
}
