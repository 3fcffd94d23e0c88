namespace OrleansFlow.Sql.Explain;

/// <summary>How EXPLAIN is written.</summary>
public enum ExplainFormat
{
    /// <summary>Lines for people.</summary>
    Text = 0,

    /// <summary>One JSON object.</summary>
    Json = 1,

    /// <summary>A graph for <c>dot</c>.</summary>
    Graphviz = 2,

    /// <summary>A flow chart for Mermaid.</summary>
    Mermaid = 3,
}
