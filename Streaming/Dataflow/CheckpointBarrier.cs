namespace OrleansFlow.Streaming.Dataflow;

/// <summary>The line between the rows that belong to a checkpoint and those after it.</summary>
/// <param name="Epoch">Number of the checkpoint; grows with each one.</param>
/// <param name="MinEpoch">No checkpoint before it is needed any more.</param>
/// <param name="Timestamp">When the checkpoint was asked for.</param>
/// <param name="ThenStop">Subtasks end once they have taken it.</param>
public sealed record CheckpointBarrier(long Epoch, long MinEpoch, DateTimeOffset Timestamp, bool ThenStop);
