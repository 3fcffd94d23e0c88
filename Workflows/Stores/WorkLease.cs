using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Stores;

/// <summary>An item that one worker may do until the lease expires.</summary>
/// <param name="Token">To be presented with whatever becomes of it.</param>
/// <param name="Workflow">The run's definition.</param>
/// <param name="Item">The item as it was leased.</param>
/// <param name="Context">The context that the step sees.</param>
/// <param name="ExpiresUtc">When the item is pending again, unless the lease is renewed.</param>
/// <param name="Duration">How long the lease and each renewal last. Renew when a third of it has passed.</param>
public sealed record WorkLease(StepToken Token, CompiledWorkflow Workflow, WorkItem Item, StoredContext Context, DateTimeOffset ExpiresUtc, TimeSpan Duration);
