namespace OrleansFlow.Workflows.Runs;

/// <summary>A snapshot of the context that a worker has made of what it read.</summary>
/// <param name="Version">The context's version that was folded.</param>
/// <param name="Snapshot">The fold.</param>
public sealed record ContextFold(long Version, Payload Snapshot);
