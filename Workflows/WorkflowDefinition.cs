using System.Collections.Immutable;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Checkpoints;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Local;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows;

/// <summary>A workflow that was checked and can run. Immutable; serves any number of runs at the same time.</summary>
/// <typeparam name="TIn">The input of a run.</typeparam>
/// <typeparam name="TOut">The output of a run.</typeparam>
/// <typeparam name="TContext">What a run's steps share.</typeparam>
public sealed partial class WorkflowDefinition<TIn, TOut, TContext> : WorkflowDefinition
    where TContext : IMergeable<TContext>
{
    private static readonly WriterId LocalWriter = new("0");

    private readonly ImmutableArray<WorkflowNode<TContext>> _nodes;
    private readonly ImmutableArray<ContextQuery<TContext>> _queries;
    private readonly ImmutableArray<ContextUpdate<TContext>> _updates;
    private readonly ImmutableArray<MigrationRules<TContext>> _migrations;

    internal WorkflowDefinition(
        CompiledWorkflow compiled,
        ImmutableArray<WorkflowNode<TContext>> nodes,
        ImmutableArray<ContextQuery<TContext>> queries,
        ImmutableArray<ContextUpdate<TContext>> updates,
        ImmutableArray<MigrationRules<TContext>> migrations,
        ImmutableArray<WorkflowDefinition> children)
        : base(compiled)
    {
        (_nodes, Children) = (nodes, children);
        (_queries, _updates) = (queries, updates);
        _migrations = migrations;
    }

    /// <summary>Workflows that nodes of this one run as children.</summary>
    internal ImmutableArray<WorkflowDefinition> Children { get; }

    /// <summary>What a worker does this workflow's steps with. One object serves all runs, and keeps the contexts of those that it served lately.</summary>
    /// <param name="json">How payloads are written; <see langword="null"/> for the defaults.</param>
    public IWorkflowSteps ToSteps(JsonSerializerOptions? json = null) => new WorkflowSteps<TIn, TOut, TContext>(this, json);

    /// <summary>Runs the workflow in this process: in memory, without a cluster, one step at a time in the order in which items came.</summary>
    /// <param name="context">The context to begin with.</param>
    /// <param name="input">The input of the start node.</param>
    /// <param name="options">Clock, retries and chance; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Ends the run; nothing of it is kept.</param>
    /// <returns>The run's output. The run has completed: no item is left.</returns>
    /// <exception cref="FlowException">
    /// A node failed for good and has no fallback (its error's code; the node in the message); the run ended without an output
    /// (<see cref="FlowErrorCode.NoTerminalOutput"/>); a node ran more often than it may (<see cref="FlowErrorCode.LimitExceeded"/>).
    /// </exception>
    /// <remarks>A trivial step costs well under a microsecond and allocates nothing for payloads that are structs.</remarks>
    public ValueTask<WorkflowResult<TOut, TContext>> RunAsync(
        TContext context, TIn input, LocalRunOptions? options = null, CancellationToken cancellationToken = default)
    {
        var chosen = options ?? new LocalRunOptions();
        return RunAsync(context, input, new HybridClock(LocalWriter, chosen.Time), chosen, cancellationToken);
    }

    /// <summary>
    /// Runs the workflow in this process as <see cref="RunAsync(TContext, TIn, LocalRunOptions, CancellationToken)"/> does, and keeps it before the first
    /// step, after every step and after the last. A run that is kept under the id goes on; of one that has ended the outcome is returned again.
    /// </summary>
    /// <param name="context">The context to begin with; ignored when the run is kept.</param>
    /// <param name="input">The input of the start node; ignored when the run is kept.</param>
    /// <param name="checkpoints">Where the run is kept.</param>
    /// <param name="id">The run's id.</param>
    /// <param name="options">Clock, retries and chance; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops the run after its last kept step; it can be resumed.</param>
    /// <exception cref="FlowException">As of a local run; or the run began with another definition, and this one is no newer version that says how it moves (<see cref="FlowErrorCode.BadInput"/>).</exception>
    public ValueTask<WorkflowResult<TOut, TContext>> RunWithCheckpointAsync(
        TContext context, TIn input, IWorkflowCheckpoints checkpoints, string id, LocalRunOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoints);
        return new CheckpointedRun<TIn, TOut, TContext>(this, checkpoints, id, options ?? new()).StartAsync(context, input, cancellationToken);
    }

    /// <summary>Goes on with a run that is kept; of one that has ended the outcome is returned again.</summary>
    /// <param name="checkpoints">Where the run is kept.</param>
    /// <param name="id">The run's id.</param>
    /// <param name="options">Clock and chance; <see langword="null"/> for the defaults. Retries are those that the run began with.</param>
    /// <param name="cancellationToken">Stops the run after its last kept step; it can be resumed.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.NotFound"/>: no run is kept under the id; else as of a local run.</exception>
    public ValueTask<WorkflowResult<TOut, TContext>> ResumeAsync(
        IWorkflowCheckpoints checkpoints, string id, LocalRunOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoints);
        return new CheckpointedRun<TIn, TOut, TContext>(this, checkpoints, id, options ?? new()).ResumeAsync(cancellationToken);
    }

    /// <summary>The context of a run: its snapshot with all deltas.</summary>
    /// <param name="run">The run.</param>
    /// <param name="json">How payloads are written; <see langword="null"/> for the defaults.</param>
    public TContext ReadContext(WorkflowRunState run, JsonSerializerOptions? json = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        return RunContext.Read<TContext>(run, json);
    }
}
