namespace OrleansFlow.Decisions.Graphs;

/// <summary>Stable texts of what can be wrong with a graph document.</summary>
public static class GraphProblemCodes
{
    /// <summary>The text is no JSON, or no JSON object.</summary>
    public const string NotJson = "graph_not_json";

    /// <summary>A member that does not exist, or is written twice.</summary>
    public const string UnknownField = "graph_unknown_field";

    /// <summary>A required member is missing.</summary>
    public const string MissingField = "graph_missing_field";

    /// <summary>A value of the wrong type or out of range.</summary>
    public const string BadValue = "graph_bad_value";

    /// <summary>An id that is not well-formed.</summary>
    public const string BadId = "graph_bad_id";

    /// <summary>Two nodes share an id.</summary>
    public const string DuplicateNode = "graph_duplicate_node";

    /// <summary><c>depends_on</c> names no node of the graph.</summary>
    public const string UnknownNode = "graph_unknown_node";

    /// <summary>A node names no graph of the document.</summary>
    public const string UnknownGraph = "graph_unknown_graph";

    /// <summary>The nodes wait for each other, or the graphs run each other.</summary>
    public const string Cycle = "graph_cycle";

    /// <summary>A condition that is no expression, or names what is not there.</summary>
    public const string BadExpression = "graph_bad_expression";

    /// <summary>An input adapter that no worker has announced.</summary>
    public const string BadInputAdapter = "bad_input_adapter";

    /// <summary>An argument of an input adapter that is unknown, missing or of the wrong type.</summary>
    public const string BadInputArgs = "bad_input_args";

    /// <summary>No nodes.</summary>
    public const string Empty = "graph_empty";

    /// <summary>A limit is exceeded (see <see cref="GraphLimits"/>).</summary>
    public const string TooLarge = "graph_too_large";
}
