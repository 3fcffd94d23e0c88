namespace OrleansFlow.Streaming.Sql.Statements;

/// <summary>A statement of a streaming text. Queries and expressions are texts for the engine.</summary>
/// <param name="Start">Where it begins in the whole text.</param>
public abstract record StreamStatement(int Start);

/// <summary><c>SET name = value</c>: an option of the job.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="Name">In lower case.</param>
/// <param name="Value">As written; a text without its quotes.</param>
public sealed record SetStatement(int Start, string Name, string Value) : StreamStatement(Start);

/// <summary><c>CREATE VIEW name AS query</c>.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="Name">Of the view.</param>
/// <param name="Query">What it stands for.</param>
public sealed record CreateViewStatement(int Start, string Name, SqlPart Query) : StreamStatement(Start);

/// <summary><c>INSERT INTO table [(columns)] [WITH (options)] query</c>.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="Table">Where rows go.</param>
/// <param name="Columns">The columns that the query's are for, in order; none: all, in the table's order.</param>
/// <param name="Query">Where they come from.</param>
public sealed record InsertStatement(int Start, string Table, IReadOnlyList<string> Columns, SqlPart Query) : StreamStatement(Start)
{
    /// <summary>What is wanted of the query beside its rows, with keys in lower case; none: nothing.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();
}

/// <summary>A query whose rows are shown.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="Query">The query.</param>
public sealed record SelectStatement(int Start, SqlPart Query) : StreamStatement(Start);

/// <summary>A part of the text that the engine reads.</summary>
/// <param name="Text">As written.</param>
/// <param name="Start">Where it begins in the whole text.</param>
public readonly record struct SqlPart(string Text, int Start);
