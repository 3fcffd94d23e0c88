namespace OrleansFlow.Workflows.Definitions;

/// <summary>An edge of a compiled workflow.</summary>
/// <param name="Kind">When it is taken.</param>
/// <param name="Target">Place of the target among the nodes; -1 where the branch ends with the output.</param>
/// <param name="Label">What a branch's guard asks, for pictures.</param>
public sealed record CompiledEdge(EdgeKind Kind, int Target, string? Label = null)
{
    /// <summary><see cref="Target"/> of an edge that ends its branch.</summary>
    public const int End = -1;
}
