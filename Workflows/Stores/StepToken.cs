using OrleansFlow.Tasks;

namespace OrleansFlow.Workflows.Stores;

/// <summary>Proof that one worker holds one item: what every write about a step must present.</summary>
/// <param name="Run">The run.</param>
/// <param name="Item">The item; unique in its run.</param>
/// <param name="Epoch">Fencing number of the lease; each lease of an item has a larger one.</param>
public readonly record struct StepToken(RunId Run, long Item, long Epoch);
