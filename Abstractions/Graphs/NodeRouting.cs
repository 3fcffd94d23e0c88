namespace OrleansFlow.Graphs;

/// <summary>Where the end of a node leads, written at the node itself.</summary>
public sealed record NodeRouting
{
    internal static readonly NodeRouting None = new();

    /// <summary>Ids of nodes that its success leads to.</summary>
    public IReadOnlyList<string> OnSuccess { get; init; } = [];

    /// <summary>Ids of nodes that remedy its failure.</summary>
    public IReadOnlyList<string> OnFailure { get; init; } = [];
}
