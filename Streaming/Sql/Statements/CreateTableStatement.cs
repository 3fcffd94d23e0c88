namespace OrleansFlow.Streaming.Sql.Statements;

/// <summary><c>CREATE [TEMPORARY] TABLE name (columns) [WITH (options)] [PARTITIONED BY (...)] [AS query]</c>.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="Name">Of the table.</param>
public sealed record CreateTableStatement(int Start, string Name) : StreamStatement(Start)
{
    /// <summary>Whether it is only looked up.</summary>
    public bool IsTemporary { get; init; }

    /// <summary>Its columns; none: those of what is inserted.</summary>
    public IReadOnlyList<StreamColumn> Columns { get; init; } = [];

    /// <summary>Names of the columns of the primary key; none: it has none.</summary>
    public IReadOnlyList<string> PrimaryKey { get; init; } = [];

    /// <summary>How far event time has come; null: the connector's time, less a second.</summary>
    public StreamWatermark? Watermark { get; init; }

    /// <summary>What the connector is told, with keys in lower case; none: a table in memory.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>Transforms that rows are partitioned by; none: they are not.</summary>
    public IReadOnlyList<SqlPart> PartitionedBy { get; init; } = [];

    /// <summary>What it is made from and holds; null: nothing yet.</summary>
    public SqlPart? Query { get; init; }
}

/// <summary>A column of a table.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, as the engine writes it.</param>
public sealed record StreamColumn(string Name, string Type)
{
    /// <summary>Whether it may hold nulls.</summary>
    public bool IsNullable { get; init; } = true;

    /// <summary>What it is computed from; null: it is read.</summary>
    public SqlPart? Generated { get; init; }

    /// <summary>The connector's word for what it holds; null: it is part of the data.</summary>
    public string? MetadataKey { get; init; }
}

/// <summary><c>WATERMARK FOR column [AS expression]</c>.</summary>
/// <param name="Column">The event time.</param>
/// <param name="Expression">The watermark; null: the column itself.</param>
public sealed record StreamWatermark(string Column, SqlPart? Expression);
