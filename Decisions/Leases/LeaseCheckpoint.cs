namespace OrleansFlow.Decisions.Leases;

/// <summary>Where a task's work can be taken up again by the next attempt.</summary>
/// <param name="Version">Of the form of <paramref name="Json"/>, chosen by the handler.</param>
/// <param name="Json">The handler's own.</param>
/// <param name="OutputCount">How many output batches the work had made by then.</param>
/// <param name="Epoch">Epoch of the lease under which it was saved.</param>
/// <param name="SavedUtc">When that was.</param>
public sealed record LeaseCheckpoint(int Version, string Json, int OutputCount, long Epoch = 0, DateTimeOffset SavedUtc = default);
