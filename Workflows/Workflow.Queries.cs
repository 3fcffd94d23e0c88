using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows;

/// <content>What a live run can be asked, and told, from outside.</content>
public sealed partial class Workflow<TContext>
{
    private readonly List<ContextQuery<TContext>> _queries = [];
    private readonly List<ContextUpdate<TContext>> _updates = [];
    private readonly List<WorkflowDefinition> _children = [];

    /// <summary>Lets a run be asked about its context.</summary>
    /// <typeparam name="TArgument">What is asked with; has a JSON form.</typeparam>
    /// <typeparam name="TResult">What is answered; has a JSON form.</typeparam>
    /// <param name="name">Unique among the queries; as the workflow's name.</param>
    /// <param name="query">Pure: it is asked by a worker, of the context as of the last commit.</param>
    public Workflow<TContext> Query<TArgument, TResult>(string name, Func<TArgument, TContext, TResult> query)
    {
        ArgumentNullException.ThrowIfNull(query);
        _queries.Add(ContextQuery<TContext>.Of(name, query));
        return this;
    }

    /// <summary>Lets a run be asked about its context, with nothing else to say.</summary>
    /// <typeparam name="TResult">What is answered; has a JSON form.</typeparam>
    /// <param name="name">Unique among the queries; as the workflow's name.</param>
    /// <param name="query">Pure: it is asked by a worker, of the context as of the last commit.</param>
    public Workflow<TContext> Query<TResult>(string name, Func<TContext, TResult> query)
    {
        ArgumentNullException.ThrowIfNull(query);
        return Query<object?, TResult>(name, (_, context) => query(context));
    }

    /// <summary>Lets a run's context be changed from outside, after a check. The change is a step: committed once, or refused and not there.</summary>
    /// <typeparam name="TArgument">What is sent; has a JSON form.</typeparam>
    /// <typeparam name="TResult">What its sender gets; has a JSON form.</typeparam>
    /// <param name="name">Unique among the updates; as the workflow's name.</param>
    /// <param name="validate">Says what is wrong with it, or <see langword="null"/>; <see langword="null"/> itself takes all.</param>
    /// <param name="apply">Changes the context. An exception refuses the update and fails nothing else.</param>
    public Workflow<TContext> Update<TArgument, TResult>(string name, Func<TArgument, TContext, string?>? validate, Func<TArgument, NodeScope<TContext>, TResult> apply)
    {
        ArgumentNullException.ThrowIfNull(apply);
        return Update(name, validate, (TArgument argument, NodeScope<TContext> scope, CancellationToken _) => new ValueTask<TResult>(apply(argument, scope)));
    }

    /// <summary>Lets a run's context be changed from outside, after a check, by what takes its time.</summary>
    /// <typeparam name="TArgument">What is sent; has a JSON form.</typeparam>
    /// <typeparam name="TResult">What its sender gets; has a JSON form.</typeparam>
    /// <param name="name">Unique among the updates; as the workflow's name.</param>
    /// <param name="validate">Says what is wrong with it, or <see langword="null"/>; <see langword="null"/> itself takes all.</param>
    /// <param name="apply">Changes the context. An exception refuses the update and fails nothing else.</param>
    public Workflow<TContext> Update<TArgument, TResult>(
        string name, Func<TArgument, TContext, string?>? validate, Func<TArgument, NodeScope<TContext>, CancellationToken, ValueTask<TResult>> apply)
    {
        ArgumentNullException.ThrowIfNull(apply);
        _updates.Add(ContextUpdate<TContext>.Of(name, validate, apply));
        return this;
    }

    /// <summary>Adds a node that runs another workflow as a child run and goes on with its output. No worker waits; a child that does not complete fails the step for good.</summary>
    /// <typeparam name="TIn">The child's input.</typeparam>
    /// <typeparam name="TOut">The child's output.</typeparam>
    /// <typeparam name="TChildContext">The child's context, which begins empty.</typeparam>
    /// <param name="name">Unique in the workflow.</param>
    /// <param name="child">The child's workflow.</param>
    /// <param name="cancelWithParent">Whether the child is cancelled when this run ends before it.</param>
    public WorkflowNode<TIn, TOut, TContext> Child<TIn, TOut, TChildContext>(string name, WorkflowDefinition<TIn, TOut, TChildContext> child, bool cancelWithParent = true)
        where TChildContext : Contexts.IMergeable<TChildContext>
    {
        ArgumentNullException.ThrowIfNull(child);
        _children.Add(child);
        return Node<TIn, TOut>(name, (input, scope) => scope.Children.Count == 0
            ? Suspension.OnChildren(0, ChildStart.Of(child, input) with { CancelWithParent = cancelWithParent })
            : scope.Children[0].Output<TOut>());
    }
}
