namespace OrleansFlow.Decisions.Graphs;

/// <summary>The limits of a graph document.</summary>
public static class GraphLimits
{
    /// <summary>Longest document, in bytes of UTF-8: with its envelope it fits the largest message that the gateway takes by default (16 MiB).</summary>
    public const int DocumentBytesMax = 15 * 1024 * 1024;

    /// <summary>Deepest nesting of JSON values.</summary>
    public const int DepthMax = 64;

    /// <summary>Most nodes of a graph.</summary>
    public const int NodeCountMax = 100_000;

    /// <summary>Most tasks of one node.</summary>
    public const int NodeTaskCountMax = 100_000;

    /// <summary>Most tasks of a graph.</summary>
    public const int TaskCountMax = 100_000;

    /// <summary>How deep graphs may run graphs.</summary>
    public const int GraphDepthMax = 8;

    /// <summary>Most problems that are listed.</summary>
    public const int ProblemCountMax = 200;
}
