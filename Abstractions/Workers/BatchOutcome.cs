using OrleansFlow.Arrow;

namespace OrleansFlow.Workers;

/// <summary>What processing one batch gave.</summary>
/// <param name="Output">One output batch, whose ownership passes to the worker; null for none.</param>
/// <param name="Metrics">Numbers to add to the task's metrics, by name; null for none.</param>
public sealed record BatchOutcome(RecordBatch? Output = null, IReadOnlyDictionary<string, double>? Metrics = null)
{
    /// <summary>No output and no metrics.</summary>
    public static readonly BatchOutcome None = new();
}
