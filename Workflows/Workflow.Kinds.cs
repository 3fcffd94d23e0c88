using System.Threading.Channels;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Nodes;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Schedules;

namespace OrleansFlow.Workflows;

/// <content>Kinds of nodes beyond the plain one.</content>
public sealed partial class Workflow<TContext>
{
    /// <summary>Most changes that wait for their reaction by default.</summary>
    public const int DefaultWatchBuffer = 100;

    /// <summary>Adds a node class that the services make: a constructor with what it needs, registered by its own type.</summary>
    /// <typeparam name="TNode">The class.</typeparam>
    /// <typeparam name="TIn">What it takes.</typeparam>
    /// <typeparam name="TOut">What it gives.</typeparam>
    /// <param name="name">Unique in the workflow.</param>
    /// <remarks>Asked for in each attempt. Where the services lack it, the attempt fails and names the class.</remarks>
    public WorkflowNode<TIn, TOut, TContext> Node<TNode, TIn, TOut>(string name)
        where TNode : class, INode<TIn, TOut, TContext> =>
        Node(name, new ServiceNode<TNode, TIn, TOut, TContext>());

    /// <summary>Adds a node with a retry policy of its own. The waits hold no worker and survive it.</summary>
    /// <typeparam name="TIn">What it takes.</typeparam>
    /// <typeparam name="TOut">What it gives.</typeparam>
    /// <param name="name">Unique in the workflow.</param>
    /// <param name="policy">How often and after which waits.</param>
    /// <param name="node">The node.</param>
    public WorkflowNode<TIn, TOut, TContext> Retry<TIn, TOut>(string name, StepRetryPolicy policy, INode<TIn, TOut, TContext> node) => Node(name, node).Retry(policy);

    /// <summary>Adds a node that waits for a time and then does its work. The wait holds no worker.</summary>
    /// <typeparam name="TIn">What it takes.</typeparam>
    /// <typeparam name="TOut">What it gives.</typeparam>
    /// <param name="name">Unique in the workflow.</param>
    /// <param name="schedule">When: its first time from the moment at which the item is taken. For a next time lead an edge back to the node.</param>
    /// <param name="run">The work. It is repeated without another wait.</param>
    /// <param name="executeImmediately">True: does not wait at all, as when it is tried out.</param>
    public WorkflowNode<TIn, TOut, TContext> Timer<TIn, TOut>(
        string name, Schedule schedule, Func<TIn, NodeScope<TContext>, CancellationToken, ValueTask<Transition<TOut>>> run, bool executeImmediately = false)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentNullException.ThrowIfNull(run);
        return Node(name, new TimerNode<TIn, TOut, TContext>(schedule, executeImmediately, new DelegateNode<TIn, TOut, TContext>(run)));
    }

    /// <summary>Adds a node that waits for an event, which comes as a signal, and handles it. The wait holds no worker.</summary>
    /// <typeparam name="TIn">What it takes.</typeparam>
    /// <typeparam name="TEvent">What the signal carries.</typeparam>
    /// <typeparam name="TOut">What it gives.</typeparam>
    /// <param name="name">Unique in the workflow.</param>
    /// <param name="signal">The signal's name.</param>
    /// <param name="handle">Handles the event. For the next event lead an edge back to the node; to stop, let the output end its branch.</param>
    /// <param name="within">How long to wait at most; no limit by default.</param>
    /// <param name="onTimeout">How to go on without an event. Without it the step fails for good, so that a fallback applies.</param>
    public WorkflowNode<TIn, TOut, TContext> OnSignal<TIn, TEvent, TOut>(
        string name,
        string signal,
        Func<TIn, TEvent, NodeScope<TContext>, CancellationToken, ValueTask<Transition<TOut>>> handle,
        TimeSpan? within = null,
        Func<TIn, NodeScope<TContext>, Transition<TOut>>? onTimeout = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(signal);
        ArgumentNullException.ThrowIfNull(handle);
        return Node(name, new SignalNode<TIn, TEvent, TOut, TContext>(signal, handle, within, onTimeout));
    }

    /// <summary>Adds a node that waits for an event of a source in this process and handles it. The step, and so its worker, waits with it.</summary>
    /// <typeparam name="TIn">What it takes.</typeparam>
    /// <typeparam name="TEvent">The events.</typeparam>
    /// <typeparam name="TOut">What it gives.</typeparam>
    /// <param name="name">Unique in the workflow.</param>
    /// <param name="source">The events; each is handled by one item. A source that is closed fails the step.</param>
    /// <param name="handle">Handles the event.</param>
    /// <param name="within">How long to wait at most; no limit by default.</param>
    /// <param name="onTimeout">How to go on without an event. Without it the step fails for good, so that a fallback applies.</param>
    public WorkflowNode<TIn, TOut, TContext> OnEvent<TIn, TEvent, TOut>(
        string name,
        ChannelReader<TEvent> source,
        Func<TIn, TEvent, NodeScope<TContext>, CancellationToken, ValueTask<Transition<TOut>>> handle,
        TimeSpan? within = null,
        Func<TIn, NodeScope<TContext>, Transition<TOut>>? onTimeout = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(handle);
        return Node(name, new ChannelNode<TIn, TEvent, TOut, TContext>(source, handle, within, onTimeout));
    }

    /// <summary>Adds a node that watches a source in this process and goes on with the first change that calls for it. The step waits with it.</summary>
    /// <typeparam name="TIn">What it takes.</typeparam>
    /// <typeparam name="TChange">The changes.</typeparam>
    /// <typeparam name="TOut">What it gives.</typeparam>
    /// <param name="name">Unique in the workflow.</param>
    /// <param name="watch">Opens the source. One that ends before a change called for going on fails the step.</param>
    /// <param name="react">Hold watches on. An error is logged, and watching goes on.</param>
    /// <param name="buffer">Changes that wait for their reaction, at least 1; the source waits while it is full.</param>
    public WorkflowNode<TIn, TOut, TContext> Watch<TIn, TChange, TOut>(
        string name,
        Func<TIn, NodeScope<TContext>, CancellationToken, IAsyncEnumerable<TChange>> watch,
        Func<TIn, TChange, NodeScope<TContext>, CancellationToken, ValueTask<Transition<TOut>>> react,
        int buffer = DefaultWatchBuffer)
    {
        ArgumentNullException.ThrowIfNull(watch);
        ArgumentNullException.ThrowIfNull(react);
        ArgumentOutOfRangeException.ThrowIfLessThan(buffer, 1);
        return Node(name, new ReactiveNode<TIn, TChange, TOut, TContext>(watch, react, buffer));
    }

    /// <summary>Adds a node that looks at something again and again and goes on with the first change that calls for it. The waits hold no worker.</summary>
    /// <typeparam name="TIn">What it takes.</typeparam>
    /// <typeparam name="TSeen">What it looks at; equal values are no change. Has a JSON form.</typeparam>
    /// <typeparam name="TOut">What it gives.</typeparam>
    /// <param name="name">Unique in the workflow.</param>
    /// <param name="interval">Between two looks; more than zero.</param>
    /// <param name="look">What is there; <see langword="null"/> when it is not, which fails the step.</param>
    /// <param name="react">Gets what was found first and then each change. Hold watches on. An error is logged, and watching goes on.</param>
    public WorkflowNode<TIn, TOut, TContext> Poll<TIn, TSeen, TOut>(
        string name,
        TimeSpan interval,
        Func<TIn, NodeScope<TContext>, CancellationToken, ValueTask<TSeen?>> look,
        Func<TIn, TSeen, NodeScope<TContext>, CancellationToken, ValueTask<Transition<TOut>>> react)
        where TSeen : class, IEquatable<TSeen>
    {
        ArgumentNullException.ThrowIfNull(look);
        ArgumentNullException.ThrowIfNull(react);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero);
        return Node(name, new PollNode<TIn, TSeen, TOut, TContext>(look, react, static (last, seen) => !seen.Equals(last), interval));
    }

    /// <summary>Adds a node that watches a file: newer write times and other sizes. What it finds first counts. The waits hold no worker.</summary>
    /// <typeparam name="TIn">What it takes.</typeparam>
    /// <typeparam name="TOut">What it gives.</typeparam>
    /// <param name="name">Unique in the workflow.</param>
    /// <param name="path">The file. One that is missing, or goes missing before a change called for going on, fails the step.</param>
    /// <param name="react">Hold watches on. An error is logged, and watching goes on.</param>
    /// <param name="interval">Between two looks; <see langword="null"/> for 5 s.</param>
    public WorkflowNode<TIn, TOut, TContext> WatchFile<TIn, TOut>(
        string name,
        Func<TIn, string> path,
        Func<TIn, FileChange, NodeScope<TContext>, CancellationToken, ValueTask<Transition<TOut>>> react,
        TimeSpan? interval = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(react);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval ?? FileWatch.DefaultInterval, TimeSpan.Zero, nameof(interval));
        return Node(name, new PollNode<TIn, FileChange, TOut, TContext>(
            (input, scope, _) => new(FileChange.Look(path(input)) ?? (scope.HasState ? null : throw FileWatch.Missing(path(input)))),
            react,
            FileWatch.IsChange,
            interval ?? FileWatch.DefaultInterval));
    }

    /// <summary>Adds a node that works in stretches and keeps its state between them. A suspended one holds no worker; the signal <c>resume.NAME</c> resumes it.</summary>
    /// <typeparam name="TIn">What it takes.</typeparam>
    /// <typeparam name="TOut">What it gives.</typeparam>
    /// <typeparam name="TState">What it saves; has a JSON form.</typeparam>
    /// <param name="name">Unique in the workflow.</param>
    /// <param name="node">The node.</param>
    /// <param name="suspendAtMost">How long it may be suspended at a time; then the step fails for good, so that a fallback applies. No limit by default.</param>
    public WorkflowNode<TIn, TOut, TContext> LongRunning<TIn, TOut, TState>(string name, ILongRunningNode<TIn, TOut, TState, TContext> node, TimeSpan? suspendAtMost = null)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(suspendAtMost ?? TimeSpan.MaxValue, TimeSpan.Zero, nameof(suspendAtMost));
        return Node(name, new LongRunningNode<TIn, TOut, TState, TContext>(node, suspendAtMost));
    }

    /// <summary>Adds a long-running node that is a delegate.</summary>
    /// <typeparam name="TIn">What it takes.</typeparam>
    /// <typeparam name="TOut">What it gives.</typeparam>
    /// <typeparam name="TState">What it saves; has a JSON form.</typeparam>
    /// <param name="name">Unique in the workflow.</param>
    /// <param name="run">See <see cref="ILongRunningNode{TIn, TOut, TState, TContext}.RunAsync"/>.</param>
    /// <param name="suspendAtMost">How long it may be suspended at a time.</param>
    public WorkflowNode<TIn, TOut, TContext> LongRunning<TIn, TOut, TState>(
        string name, Func<TIn, TState?, NodeScope<TContext>, CancellationToken, ValueTask<Stretch<TOut, TState>>> run, TimeSpan? suspendAtMost = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        return LongRunning(name, new DelegateLongRunningNode<TIn, TOut, TState, TContext>(run), suspendAtMost);
    }

    /// <summary>Adds a node of three phases that know nothing of the run. A phase that fails is named, and those after it do not run.</summary>
    /// <typeparam name="TIn">What it takes.</typeparam>
    /// <typeparam name="TPrepared">What the preparation makes.</typeparam>
    /// <typeparam name="TResult">What the work makes.</typeparam>
    /// <typeparam name="TOut">What it gives.</typeparam>
    /// <param name="name">Unique in the workflow.</param>
    /// <param name="prepare">Reads and checks the input.</param>
    /// <param name="execute">Does the work.</param>
    /// <param name="post">Makes the output of the result.</param>
    public WorkflowNode<TIn, TOut, TContext> Transform<TIn, TPrepared, TResult, TOut>(
        string name,
        Func<TIn, CancellationToken, ValueTask<TPrepared>> prepare,
        Func<TPrepared, CancellationToken, ValueTask<TResult>> execute,
        Func<TResult, CancellationToken, ValueTask<TOut>> post)
    {
        ArgumentNullException.ThrowIfNull(prepare);
        ArgumentNullException.ThrowIfNull(execute);
        ArgumentNullException.ThrowIfNull(post);
        return Node(name, new TransformNode<TIn, TPrepared, TResult, TOut, TContext>(prepare, execute, post));
    }

    /// <summary>Adds a node that reads the context, works without it, and then changes it and chooses how to go on. A phase that fails is named.</summary>
    /// <typeparam name="TIn">What it takes.</typeparam>
    /// <typeparam name="TPrepared">What the preparation makes.</typeparam>
    /// <typeparam name="TResult">What the work makes.</typeparam>
    /// <typeparam name="TOut">What it gives.</typeparam>
    /// <param name="name">Unique in the workflow.</param>
    /// <param name="prepare">Takes what the work needs out of input and context.</param>
    /// <param name="execute">Does the work.</param>
    /// <param name="post">Puts the result into the context and says how to go on.</param>
    public WorkflowNode<TIn, TOut, TContext> Lifecycle<TIn, TPrepared, TResult, TOut>(
        string name,
        Func<TIn, NodeScope<TContext>, CancellationToken, ValueTask<TPrepared>> prepare,
        Func<TPrepared, CancellationToken, ValueTask<TResult>> execute,
        Func<TPrepared, TResult, NodeScope<TContext>, CancellationToken, ValueTask<Transition<TOut>>> post)
    {
        ArgumentNullException.ThrowIfNull(prepare);
        ArgumentNullException.ThrowIfNull(execute);
        ArgumentNullException.ThrowIfNull(post);
        return Node(name, new LifecycleNode<TIn, TPrepared, TResult, TOut, TContext>(prepare, execute, post));
    }
}
