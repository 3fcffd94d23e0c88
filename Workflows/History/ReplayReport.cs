namespace OrleansFlow.Workflows.History;

/// <summary>What a replay came to.</summary>
/// <param name="Events">How many events were replayed, the one that parts among them.</param>
/// <param name="Divergence">The first event at which history and definition part; <see langword="null"/>: they do not.</param>
public sealed record ReplayReport(int Events, ReplayDivergence? Divergence)
{
    /// <summary>True when the run could go on with the definition.</summary>
    public bool IsCompatible => Divergence is null;
}
