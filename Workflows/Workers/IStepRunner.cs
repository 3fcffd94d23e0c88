using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Workflows.Workers;

/// <summary>Does the steps of one definition; user types stay inside. Thread-safe.</summary>
internal interface IStepRunner
{
    /// <summary>The definition.</summary>
    CompiledWorkflow Compiled { get; }

    /// <summary>Does a leased item. Changes nothing itself.</summary>
    ValueTask<StepOutcome> RunAsync(WorkLease lease, WorkerSettings settings, CancellationToken cancellationToken);
}
