using OrleansFlow.Tasks;
using OrleansFlow.Workflows;

namespace OrleansFlow.Grains.Workflows;

/// <summary>
/// Starts many runs for what they have in common: one question for free slots, one line of the index for many runs, one message to a worker. A run whose
/// first step finds a slot is accepted and leased in one commit.
/// </summary>
public interface IWorkflowStarter
{
    /// <summary>Begins a group of starts.</summary>
    /// <param name="starts">What is to be started; they need have nothing in common.</param>
    /// <returns>For each, whether the run is new. Completes when the run is durable and the index knows it; fails as <see cref="IWorkflowRunGrain.StartAsync"/>.</returns>
    IReadOnlyList<Task<bool>> Start(IReadOnlyList<(RunId Run, WorkflowStart Start)> starts);
}
