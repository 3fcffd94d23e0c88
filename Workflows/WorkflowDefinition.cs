using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Checkpoints;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Local;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows;

/// <summary>A workflow that was checked and can run. Immutable; serves any number of runs at the same time.</summary>
/// <typeparam name="TIn">The input of a run.</typeparam>
/// <typeparam name="TOut">The output of a run.</typeparam>
/// <typeparam name="TContext">What a run's steps share.</typeparam>
public sealed class WorkflowDefinition<TIn, TOut, TContext>
    where TContext : IMergeable<TContext>
{
    private static readonly WriterId LocalWriter = new("0");

    private readonly ImmutableArray<WorkflowNode<TContext>> _nodes;

    internal WorkflowDefinition(CompiledWorkflow compiled, ImmutableArray<WorkflowNode<TContext>> nodes) => (Compiled, _nodes) = (compiled, nodes);

    /// <summary>Names, edges and policies: what a cluster stores, draws and decides by.</summary>
    public CompiledWorkflow Compiled { get; }

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
    /// <exception cref="FlowException">As of a local run; or the run began with another definition (<see cref="FlowErrorCode.BadInput"/>).</exception>
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

    /// <summary>Does one leased item, as a worker: calls its node and writes down what is to be committed. Changes nothing itself.</summary>
    /// <param name="item">The item as it was leased.</param>
    /// <param name="context">The context as it was read for this step; see <see cref="ReadContext"/>.</param>
    /// <param name="time">The clock of stamps, sleeps and time limits.</param>
    /// <param name="json">How payloads are written; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Cancelled when the run is or the lease was lost.</param>
    /// <returns>To be presented as <see cref="WorkflowCommand.Commit"/>.</returns>
    /// <remarks>An exception is a failed attempt: present <see cref="WorkflowCommand.Fail"/>.</remarks>
    public ValueTask<StepOutcome> ExecuteAsync(
        WorkItem item, TContext context, TimeProvider time, JsonSerializerOptions? json = null, CancellationToken cancellationToken = default) =>
        ExecuteAsync(item, context, new StepOptions { Time = time, Json = json }, cancellationToken);

    /// <summary>Does one leased item, as a worker: calls its node and writes down what is to be committed. Changes nothing itself.</summary>
    /// <param name="item">The item as it was leased.</param>
    /// <param name="context">The context as it was read for this step; see <see cref="ReadContext"/>.</param>
    /// <param name="options">Clock, payloads and services.</param>
    /// <param name="cancellationToken">Cancelled when the run is or the lease was lost.</param>
    /// <returns>To be presented as <see cref="WorkflowCommand.Commit"/>.</returns>
    /// <remarks>An exception is a failed attempt: present <see cref="WorkflowCommand.Fail"/>.</remarks>
    public async ValueTask<StepOutcome> ExecuteAsync(WorkItem item, TContext context, StepOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(item);
        ArgumentNullException.ThrowIfNull(options);
        var node = _nodes[item.Node];
        var clock = new HybridClock(new WriterId(item.Lane.ToString(CultureInfo.InvariantCulture)), options.Time);
        var scope = new NodeScope<TContext>(context, clock, options.Time)
        {
            Node = node.Name,
            RunId = options.RunId,
            Item = item.Id,
            Attempt = item.Attempts,
            Services = options.Services,
            Json = options.Json,
            Logger = options.Logger,
            Wake = item.Signal is null && item.Saved.IsDefault ? null : new NodeWake
            {
                Signal = item.Signal,
                HasSignal = item.HasSignal,
                SignalPayload = item.SignalPayload,
                SavedPayload = item.Saved,
            },
        };
        var step = new StepExecution<TContext>(Compiled.Nodes[item.Node], node.Edges, item, scope, options);
        var outcome = await node.ExecuteAsync(step, cancellationToken).ConfigureAwait(false);
        var delta = scope.Context.DeltaSince(context);
        return EqualityComparer<TContext>.Default.Equals(delta, TContext.Empty)
            ? outcome
            : outcome with { Delta = new Payload(JsonSerializer.SerializeToUtf8Bytes(delta, options.Json)) };
    }

    /// <summary>The context of a run: its snapshot with all deltas.</summary>
    /// <param name="run">The run.</param>
    /// <param name="json">How payloads are written; <see langword="null"/> for the defaults.</param>
    public TContext ReadContext(WorkflowRunState run, JsonSerializerOptions? json = null)
    {
        ArgumentNullException.ThrowIfNull(run);

        // Merged into the empty context, so that members that an older stored form lacks are there.
        return run.Deltas.Aggregate(TContext.Empty.Merge(Read(run.Snapshot)), (context, delta) => context.Merge(Read(delta)));

        TContext Read(Payload payload) => payload.IsDefault ? TContext.Empty : JsonSerializer.Deserialize<TContext>(payload.Utf8.Span, json)!;
    }

    internal async ValueTask<WorkflowResult<TOut, TContext>> RunAsync(
        TContext context, TIn input, HybridClock clock, LocalRunOptions options, CancellationToken cancellationToken)
    {
        var outputs = new LocalOutputs<TOut>(Compiled.Output);
        var run = new LocalRun<TContext>(Compiled, _nodes, context, clock, options, outputs);
        ((ILocalInput<TIn>)run.Start).Push(input);
        await run.RunAsync(cancellationToken).ConfigureAwait(false);
        return outputs.Count > 0
            ? new WorkflowResult<TOut, TContext>(outputs.Output, outputs.All, run.Scope.Context, run.Steps)
            : throw LocalFailures.NoOutput(Compiled);
    }
}
