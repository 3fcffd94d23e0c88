namespace OrleansFlow.Tasks;

/// <summary>Proof that one worker holds one task: the pair that every effect must present.</summary>
/// <param name="TaskId">The leased task.</param>
/// <param name="Epoch">Fencing number; the first grant of a task is 1. Never reused, never decremented.</param>
public readonly record struct LeaseToken(TaskId TaskId, long Epoch);
