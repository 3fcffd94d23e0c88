namespace OrleansFlow.Decisions.Jobs;

/// <summary>Stable texts of what can be wrong with the program of a streaming job.</summary>
public static class ProgramProblemCodes
{
    /// <summary>No nodes.</summary>
    public const string Empty = "program_empty";

    /// <summary>More than <see cref="ProgramChecks"/> allows.</summary>
    public const string TooLarge = "program_too_large";

    /// <summary>An id that is missing.</summary>
    public const string MissingId = "program_missing_id";

    /// <summary>Two nodes share an id.</summary>
    public const string DuplicateNode = "program_duplicate_node";

    /// <summary>Two operators share an id: their state could not be told apart.</summary>
    public const string DuplicateOperator = "program_duplicate_operator";

    /// <summary>A node without operators.</summary>
    public const string EmptyChain = "program_empty_chain";

    /// <summary>An operator that does not say which one it is.</summary>
    public const string MissingKind = "program_missing_kind";

    /// <summary>A number of subtasks that cannot be.</summary>
    public const string BadParallelism = "program_bad_parallelism";

    /// <summary>An edge from or to a node that is not there.</summary>
    public const string UnknownNode = "program_unknown_node";

    /// <summary>An edge without a kind, or one that is there twice.</summary>
    public const string BadEdge = "program_bad_edge";

    /// <summary>A forward edge between nodes with different numbers of subtasks.</summary>
    public const string ForwardParallelism = "program_forward_parallelism";

    /// <summary>A join with only one of its sides.</summary>
    public const string MissingSide = "program_missing_side";

    /// <summary>The nodes feed each other.</summary>
    public const string Cycle = "program_cycle";
}
