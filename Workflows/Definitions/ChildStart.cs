using System.Text.Json;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Definitions;

/// <summary>A child run to start: a run of its own, with its own log, that knows its parent.</summary>
public sealed record ChildStart
{
    private ChildStart(string workflow, int version, SavedState input, SavedState? context, WorkflowDefinition? definition)
    {
        (Workflow, Version) = (workflow, version);
        (Input, Context, Definition) = (input, context, definition);
    }

    /// <summary>Name of its workflow.</summary>
    public string Workflow { get; }

    /// <summary>Version of its workflow; 0 for the newest.</summary>
    public int Version { get; }

    /// <summary>Its run id.</summary>
    /// <value>Default: <see langword="null"/>, an id made of the parent's.</value>
    public string? Id { get; init; }

    /// <summary>True: it is cancelled when its parent ends before it.</summary>
    /// <value>Default false.</value>
    public bool CancelWithParent { get; init; }

    internal SavedState Input { get; }

    internal SavedState? Context { get; }

    internal WorkflowDefinition? Definition { get; }

    /// <summary>A run of a workflow by its name.</summary>
    /// <typeparam name="TIn">The input of its start node.</typeparam>
    /// <param name="workflow">The workflow's name.</param>
    /// <param name="input">The input.</param>
    /// <param name="version">The workflow's version; 0 for the newest.</param>
    public static ChildStart Of<TIn>(string workflow, TIn input, int version = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(workflow);
        return new(workflow, version, new SavedState<TIn>(input), context: null, definition: null);
    }

    /// <summary>A run of a workflow that is at hand, which a local run can then run as well.</summary>
    /// <typeparam name="TIn">The input of its start node.</typeparam>
    /// <typeparam name="TOut">Its output.</typeparam>
    /// <typeparam name="TContext">Its context.</typeparam>
    /// <param name="workflow">The workflow.</param>
    /// <param name="input">The input.</param>
    public static ChildStart Of<TIn, TOut, TContext>(WorkflowDefinition<TIn, TOut, TContext> workflow, TIn input)
        where TContext : IMergeable<TContext>
    {
        ArgumentNullException.ThrowIfNull(workflow);
        return new(workflow.Compiled.Name, workflow.Compiled.Version, new SavedState<TIn>(input), context: null, workflow);
    }

    /// <summary>A run of a workflow that is at hand, with a context to begin with.</summary>
    /// <typeparam name="TIn">The input of its start node.</typeparam>
    /// <typeparam name="TOut">Its output.</typeparam>
    /// <typeparam name="TContext">Its context.</typeparam>
    /// <param name="workflow">The workflow.</param>
    /// <param name="input">The input.</param>
    /// <param name="context">The context.</param>
    public static ChildStart Of<TIn, TOut, TContext>(WorkflowDefinition<TIn, TOut, TContext> workflow, TIn input, TContext context)
        where TContext : IMergeable<TContext>
    {
        ArgumentNullException.ThrowIfNull(workflow);
        return new(workflow.Compiled.Name, workflow.Compiled.Version, new SavedState<TIn>(input), new SavedState<TContext>(context), workflow);
    }

    internal ChildOrder ToOrder(bool isAwaited, JsonSerializerOptions? json) => new()
    {
        Id = Id,
        Workflow = Workflow,
        Version = Version,
        Input = Input.Write(json),
        Context = Context?.Write(json) ?? default,
        Await = isAwaited,
        CancelWithParent = CancelWithParent,
    };
}
