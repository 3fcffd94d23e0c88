using OrleansFlow.Arrow;

namespace OrleansFlow.Workers;

/// <summary>What the end of a task gave.</summary>
/// <param name="Outputs">Further output batches, in order; ownership passes to the worker.</param>
/// <param name="Metrics">Numbers to add to the task's metrics, by name; null for none.</param>
/// <param name="ResultJson">A small result (at most 64 KiB of JSON) kept with the task's outcome; null for none.</param>
public sealed record FinalizeOutcome(
    IReadOnlyList<RecordBatch>? Outputs = null, IReadOnlyDictionary<string, double>? Metrics = null, string? ResultJson = null)
{
    /// <summary>Nothing further.</summary>
    public static readonly FinalizeOutcome None = new();
}
