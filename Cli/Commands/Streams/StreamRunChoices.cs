namespace OrleansFlow.Cli.Commands.Streams;

/// <summary>What the command line says of a streaming job. See <see cref="StreamRunCommand"/>.</summary>
internal sealed record StreamRunChoices
{
    public required FileInfo File { get; init; }

    public string? StateDirectory { get; init; }

    public uint Parallelism { get; init; } = 1;

    public TimeSpan CheckpointInterval { get; init; }

    public string? FromSavepoint { get; init; }

    public string? Savepoint { get; init; }

    public bool AcceptsChanges { get; init; }

    public bool DropsUnknownState { get; init; }

    /// <summary>Statements behind the text.</summary>
    public string Settings { get; init; } = "";

    public bool IsVerbose { get; init; }
}
