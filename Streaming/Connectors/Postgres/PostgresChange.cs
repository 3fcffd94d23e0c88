namespace OrleansFlow.Streaming.Connectors.Postgres;

/// <summary>What happened in a table.</summary>
internal enum PostgresChangeKind
{
    /// <summary>A row has come.</summary>
    Insert = 0,

    /// <summary>A row has become another.</summary>
    Update = 1,

    /// <summary>A row has gone.</summary>
    Delete = 2,

    /// <summary>All rows have gone.</summary>
    Truncate = 3,

    /// <summary>A transaction ends.</summary>
    Commit = 4,
}

/// <summary>One change, or the end of a transaction.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="TimeMicros">When the transaction was committed.</param>
internal sealed record PostgresChange(PostgresChangeKind Kind, long TimeMicros)
{
    /// <summary>Where the commit of the transaction is in the log.</summary>
    public ulong Lsn { get; init; }

    /// <summary>Number of the transaction.</summary>
    public uint TransactionId { get; init; }

    /// <summary>The row before; empty where the server does not say.</summary>
    public byte[]?[] Old { get; init; } = [];

    /// <summary>The row after.</summary>
    public byte[]?[] New { get; init; } = [];

    /// <summary>The end of the transaction, with <see cref="PostgresChangeKind.Commit"/>.</summary>
    public ulong EndLsn { get; init; }
}
