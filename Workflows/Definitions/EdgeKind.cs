namespace OrleansFlow.Workflows.Definitions;

/// <summary>When an edge is taken.</summary>
public enum EdgeKind
{
    /// <summary>With every output.</summary>
    Direct = 0,

    /// <summary>With an output for which its guard is the first that holds.</summary>
    Branch = 1,

    /// <summary>When all attempts failed.</summary>
    Fallback = 2,
}
