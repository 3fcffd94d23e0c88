namespace OrleansFlow.Workflows.History;

/// <summary>Where a history and a definition part.</summary>
/// <param name="Position">Place of the event in the run's log.</param>
/// <param name="TimeUtc">When it happened.</param>
/// <param name="Event">What happened.</param>
/// <param name="Expected">What the history says.</param>
/// <param name="Found">What the definition would have done.</param>
public sealed record ReplayDivergence(long Position, DateTimeOffset TimeUtc, string Event, string Expected, string Found)
{
    /// <summary>All of it in one line.</summary>
    public override string ToString() => $"At position {Position} ({Event}): expected {Expected}; found {Found}.";
}
