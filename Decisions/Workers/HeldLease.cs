namespace OrleansFlow.Decisions.Workers;

/// <summary>An attempt that occupies a slot.</summary>
/// <param name="Epoch">Epoch of its lease.</param>
/// <param name="IsStopping">True once the lease has ended and the worker was told.</param>
/// <param name="Grace">How long it stands after the stream was lost; null: as long as any lease without a rule of its own.</param>
public readonly record struct HeldLease(long Epoch, bool IsStopping, TimeSpan? Grace = null);
