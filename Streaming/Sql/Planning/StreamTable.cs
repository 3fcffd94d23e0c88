using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>A table of a streaming text.</summary>
/// <param name="Statement">As written.</param>
/// <param name="Connector">How it is read or written; null for a table in memory or of a function.</param>
/// <param name="Columns">Its columns; none: whatever is inserted.</param>
/// <param name="Schema">The same, as the engine gives them.</param>
/// <param name="ReadSchema">Those of them that are read.</param>
internal sealed record StreamTable(CreateTableStatement Statement, StreamConnector? Connector, IReadOnlyList<StreamColumn> Columns, ArrowSchema Schema, ArrowSchema ReadSchema)
{
    /// <summary>How its rows are looked up; null for a table that is read or written.</summary>
    public LookupTable? Lookup { get; init; }

    /// <summary>Its subtasks, as the text says; null: it does not.</summary>
    public uint? Parallelism { get; init; }

    /// <summary>The function that its rows go through; null: it has none.</summary>
    public FunctionTable? Function { get; init; }
}
