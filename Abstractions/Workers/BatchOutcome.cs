using OrleansFlow.Arrow;

namespace OrleansFlow.Workers;

/// <summary>What processing one batch gave.</summary>
/// <param name="Output">One output batch, whose ownership passes to the worker; null for none.</param>
/// <param name="Metrics">Numbers to add to the task's metrics, by name; null for none.</param>
/// <param name="Checkpoint">
/// Saved in the same step as <paramref name="Output"/>, so that the next attempt finds both or neither; null for none. Without an output it is
/// saved before the next batch is read.
/// </param>
public sealed record BatchOutcome(RecordBatch? Output = null, IReadOnlyDictionary<string, double>? Metrics = null, TaskCheckpoint? Checkpoint = null)
{
    /// <summary>What the handler wrote of this batch by itself (<see cref="RunContext.Artifacts"/>); it stays as it is, and <see cref="Output"/> must be null.</summary>
    public ArtifactReference? Artifact { get; init; }

    /// <summary>No output and no metrics.</summary>
    public static readonly BatchOutcome None = new();
}
