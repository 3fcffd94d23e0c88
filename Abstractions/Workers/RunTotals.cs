namespace OrleansFlow.Workers;

/// <summary>What all attempts of a task have made so far, as far as it stands.</summary>
/// <param name="Batches">Output batches.</param>
/// <param name="Items">Rows in them.</param>
/// <param name="Metrics">Sum of each metric that travelled with them, by name.</param>
public sealed record RunTotals(int Batches, long Items, IReadOnlyDictionary<string, double> Metrics);
