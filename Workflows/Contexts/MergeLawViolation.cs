namespace OrleansFlow.Workflows.Contexts;

/// <summary>A law that samples broke.</summary>
/// <param name="Law">Which.</param>
/// <param name="Samples">Places of the samples that broke it, in the order a, b, c.</param>
/// <param name="Message">The two sides that should be equal, as JSON.</param>
public sealed record MergeLawViolation(MergeLaw Law, IReadOnlyList<int> Samples, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Law} by samples [{string.Join(", ", Samples)}]: {Message}";
}
