using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Simulation.Workflows;

/// <summary>Steps that take as long as the seed says, so that leases end and processes crash in the middle of them.</summary>
internal sealed class SlowSteps(IWorkflowSteps inner, SeededRandom random) : IWorkflowSteps
{
    private static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(2);

    public CompiledWorkflow Compiled => inner.Compiled;

    public bool NeedsServices => inner.NeedsServices;

    public async ValueTask<StepOutcome> RunAsync(
        string run, int attempt, StepTask task, TimeProvider time, IServiceProvider? services, CancellationToken cancellationToken)
    {
        await Task.Delay(random.Between(TimeSpan.Zero, random.Chance(0.1) ? Long : Usual), time, cancellationToken);
        return await inner.RunAsync(run, attempt, task, time, services, cancellationToken);
    }
}
