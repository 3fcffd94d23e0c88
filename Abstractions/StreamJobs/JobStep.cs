namespace OrleansFlow.StreamJobs;

/// <summary>An operator of a job: a statement of its text.</summary>
internal sealed class JobStep(StreamJob job, int number, string what, RecordColumns columns, IReadOnlyList<JobStep> inputs)
{
    public StreamJob Job { get; } = job;

    public int Number { get; } = number;

    /// <summary>What it does, in a word.</summary>
    public string What { get; } = what;

    public RecordColumns Columns { get; } = columns;

    public IReadOnlyList<JobStep> Inputs { get; } = inputs;

    /// <summary>Whether its rows have the column of the window that they are of.</summary>
    public bool HasWindow { get; init; }

    /// <summary>The query over the relations of its inputs; null for a source, a function and a sink.</summary>
    public Func<IReadOnlyList<string>, string>? Query { get; init; }

    /// <summary>Of a source and a sink.</summary>
    public JobConnector? Connector { get; init; }

    /// <summary>Of a source: the column of the event time and the expression of the watermark over it.</summary>
    public (string Column, string Expression)? Watermark { get; init; }

    /// <summary>Of a sink: columns of its primary key.</summary>
    public IReadOnlyList<string> PrimaryKey { get; init; } = [];

    /// <summary>Of a function: how it is named and told.</summary>
    public FunctionCall? Function { get; init; }

    public string? Name { get; set; }

    public int? Parallelism { get; set; }

    public TimeSpan? StateTtl { get; set; }

    /// <summary>How many steps read it.</summary>
    public int Readers { get; set; }

    /// <summary>The relation that its rows are in the text.</summary>
    public string Relation => Name ?? FormattableString.Invariant($"step{Number}");

    /// <summary>How problems name it.</summary>
    public string Label => Name is null ? FormattableString.Invariant($"{What} (operator {Number})") : $"{What} '{Name}'";
}

/// <summary>A function of the host in a job.</summary>
/// <param name="Kind">Which kind.</param>
/// <param name="Function">Its name with its version.</param>
/// <param name="KeyColumns">Columns of the key; none: rows are not keyed.</param>
/// <param name="Options">What else it is told, as options of a table.</param>
internal sealed record FunctionCall(string Kind, string Function, IReadOnlyList<string> KeyColumns, IReadOnlyList<(string Name, string Value)> Options);
