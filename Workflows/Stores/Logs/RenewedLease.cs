namespace OrleansFlow.Workflows.Stores.Logs;

/// <summary>A lease that was renewed.</summary>
/// <param name="Item">Its item.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="UntilUtc">When it expires.</param>
internal readonly record struct RenewedLease(long Item, long Epoch, DateTimeOffset UntilUtc);
