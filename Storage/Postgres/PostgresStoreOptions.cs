namespace OrleansFlow.Storage.Postgres;

/// <summary>Where the PostgreSQL store is and how it groups writes. Section: <c>OrleansFlow:Storage:Postgres</c>.</summary>
public sealed class PostgresStoreOptions
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Storage:Postgres";

    /// <summary>Default of <see cref="Schema"/>.</summary>
    public const string DefaultSchema = "flow";

    /// <summary>As Npgsql reads it: <c>Host=db;Database=flow;Username=flow;Password=...</c>. It is never logged; host and database are.</summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>Schema of the tables; made when missing. Several stores can share one database.</summary>
    /// <value>Default <c>flow</c>. A lower-case name of at most 63 letters, digits and underscores.</value>
    public string Schema { get; set; } = DefaultSchema;

    /// <summary>
    /// Whether one silo at a time owns the store and all others wait, as one silo of the embedded runtime must. False for a cluster of
    /// silos, where the grain directory decides which silo writes a grain and etags catch what it gets wrong.
    /// </summary>
    /// <value>Default true.</value>
    public bool SingleOwner { get; set; } = true;

    /// <summary>How long an owner may be silent before a waiting silo takes the store over. Shorter: faster failover, less patience with a paused process or a slow database.</summary>
    /// <value>Default 3 s. Range 500 ms to 5 min.</value>
    public TimeSpan OwnerTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Most writes that share one transaction. More: fewer commits under load, a longer wait for the first of the group.</summary>
    /// <value>Default 1 024. Range 1 to 16 384.</value>
    public int GroupWritesMax { get; set; } = 1_024;

    /// <summary>Most bytes of state that share one transaction, so that large states do not delay small ones for long.</summary>
    /// <value>Default 8 MiB. Range 64 KiB to 256 MiB.</value>
    public int GroupBytesMax { get; set; } = 8 * 1024 * 1024;

    /// <summary>Writes that may wait; further callers wait for room.</summary>
    /// <value>Default 65 536. Range 1 to 1 048 576.</value>
    public int QueueWritesMax { get; set; } = 65_536;

    /// <summary>Connections that write; each grain's writes go through one of them, in order. More: transactions overlap, groups get smaller.</summary>
    /// <value>Default 2. Range 1 to 32.</value>
    public int WriteConnections { get; set; } = 2;

    /// <summary>Connections for reading.</summary>
    /// <value>Default 8. Range 1 to 256.</value>
    public int ReadConnectionsMax { get; set; } = 8;

    /// <summary>How long the server may work on one statement.</summary>
    /// <value>Default 30 s. Range 100 ms to 10 min.</value>
    public TimeSpan StatementTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long reads and writes wait for a server that cannot be reached before they fail with <c>store_unavailable</c>; reconnecting goes on.</summary>
    /// <value>Default 30 s. Range 0 to 1 h.</value>
    public TimeSpan OutageTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest pause between two attempts to connect; the first is 50 ms, each further one twice as long, and a random part of it is left out.</summary>
    /// <value>Default 2 s. Range 50 ms to 1 min.</value>
    public TimeSpan ReconnectDelayMax { get; set; } = TimeSpan.FromSeconds(2);
}
