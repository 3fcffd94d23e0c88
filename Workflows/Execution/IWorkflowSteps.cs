using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Execution;

/// <summary>What a worker needs of a definition: it does steps, and user types stay inside. Safe to call from many threads.</summary>
public interface IWorkflowSteps
{
    /// <summary>The definition.</summary>
    CompiledWorkflow Compiled { get; }

    /// <summary>True where nodes are made from services: each step then gets a scope of its own.</summary>
    bool NeedsServices { get; }

    /// <summary>Does what a run asks for. Changes nothing itself: what it returns is to be committed, or to be forgotten.</summary>
    /// <param name="run">The run, for the contexts that are kept from one step to the next.</param>
    /// <param name="attempt">Which attempt at the item this is, from 1.</param>
    /// <param name="task">What to do.</param>
    /// <param name="time">The clock of stamps, sleeps and time limits.</param>
    /// <param name="services">Where node classes come from; null where there are none.</param>
    /// <param name="cancellationToken">Cancelled when the run is, when the time is up, or when the lease was lost.</param>
    /// <exception cref="ContextMissingException">The context that the task goes on from is not kept here (any more): ask again, with the snapshot.</exception>
    /// <remarks>Any other exception is a failed attempt.</remarks>
    ValueTask<StepOutcome> RunAsync(string run, int attempt, StepTask task, TimeProvider time, IServiceProvider? services, CancellationToken cancellationToken);
}
