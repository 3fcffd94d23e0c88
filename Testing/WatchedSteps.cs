using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Testing;

/// <summary>The steps of a workflow under test. They keep the clock still while they work.</summary>
internal sealed class WatchedSteps(IWorkflowSteps inner, WorkCount work) : IWorkflowSteps
{
    public CompiledWorkflow Compiled => inner.Compiled;

    public bool NeedsServices => inner.NeedsServices;

    public async ValueTask<StepOutcome> RunAsync(
        string run, int attempt, StepTask task, TimeProvider time, IServiceProvider? services, CancellationToken cancellationToken)
    {
        using var _ = new HandlerHold(work).Call();
        return await inner.RunAsync(run, attempt, task, time, services, cancellationToken);
    }
}
