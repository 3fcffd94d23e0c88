using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.State.Fencing;

/// <summary>What a new generation begins with.</summary>
/// <param name="Outcome">
/// <see cref="PublishOutcome.Ready"/>: go on. <see cref="PublishOutcome.CommitRequired"/>: first commit what <paramref name="Latest"/> holds for its sinks, mark it
/// committed, and go on. <see cref="PublishOutcome.StaleGeneration"/>: a newer generation is there; end.
/// </param>
/// <param name="Latest">The latest checkpoint that counts: begin from it, and name it as the parent of the first one. Null when there is none.</param>
/// <param name="StartEpoch">The first epoch that may be used.</param>
public sealed record TakenOver(PublishOutcome Outcome, CheckpointManifest? Latest, long StartEpoch);
