namespace OrleansFlow.Sql.Stages;

/// <summary>Where a stage writes its rows instead of handing them on. Each of its tasks writes files of its own and hands on one row that names them.</summary>
public sealed record StageSink
{
    /// <summary>Folder of the files; there, and seen by every worker under this path.</summary>
    public required string Folder { get; init; }

    /// <summary>How they are written: <c>parquet</c>, <c>csv</c>, <c>json</c> or <c>arrow</c>.</summary>
    public required string Format { get; init; }

    /// <summary>How their names begin.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Options for the engine's COPY, each as <c>NAME value</c>.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>Whether values of columns become folders; the options then say which.</summary>
    public bool IsPartitioned { get; init; }

    /// <summary>Names of the columns.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>DuckDB's types of the columns that are written; those of the stage are of the rows that it hands on.</summary>
    public IReadOnlyList<string> ColumnTypes { get; init; } = [];
}
