using OrleansFlow.Tasks;

namespace OrleansFlow.Workflows.Stores;

/// <summary>What became of the wish for a run.</summary>
/// <param name="Run">The run.</param>
/// <param name="IsNew">False when it was accepted before, by its id or idempotency key.</param>
public readonly record struct CreatedRun(RunId Run, bool IsNew);
