using System.Collections.Immutable;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Local;

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
