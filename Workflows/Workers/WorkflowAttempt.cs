using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Workflows.Workers;

/// <summary>The attempt that a worker's callbacks are told of.</summary>
/// <param name="Worker">The worker.</param>
/// <param name="Run">The run.</param>
/// <param name="Workflow">The workflow's name and version.</param>
/// <param name="Node">The node's name.</param>
/// <param name="Item">The item.</param>
/// <param name="Attempt">Which attempt at the item this is, from 1.</param>
/// <param name="Input">The node's input.</param>
public sealed record WorkflowAttempt(WorkerId Worker, RunId Run, WorkflowVersion Workflow, string Node, long Item, int Attempt, Payload Input);
