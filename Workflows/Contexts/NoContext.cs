namespace OrleansFlow.Workflows.Contexts;

/// <summary>The context of workflows that share nothing between their steps.</summary>
public readonly record struct NoContext : IMergeable<NoContext>
{
    /// <inheritdoc/>
    public static NoContext Empty => default;

    /// <inheritdoc/>
    public NoContext Merge(NoContext other) => this;

    /// <inheritdoc/>
    public NoContext DeltaSince(NoContext before) => this;
}
