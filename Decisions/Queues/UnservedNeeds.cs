namespace OrleansFlow.Decisions.Queues;

/// <summary>Ready tasks that no worker of the role can run as things are.</summary>
/// <param name="Needs">What they need.</param>
/// <param name="ReadyCount">How many there are.</param>
/// <param name="OldestReadyUtc">Since when the oldest of them waits.</param>
/// <param name="Reason">What is missing, for people.</param>
public sealed record UnservedNeeds(PlacementTraits Needs, int ReadyCount, DateTimeOffset OldestReadyUtc, string Reason);
