namespace OrleansFlow.Workflows.Runs;

/// <summary>What a run has done.</summary>
/// <param name="Total">Steps that were committed.</param>
/// <param name="Completed">Those that ended with an output of the run.</param>
/// <param name="Failed">Items that failed for good without a fallback.</param>
/// <param name="Retries">Attempts that failed and were followed by another.</param>
public sealed record RunCounters(long Total = 0, long Completed = 0, long Failed = 0, long Retries = 0);
