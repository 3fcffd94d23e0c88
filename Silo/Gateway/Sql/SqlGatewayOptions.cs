namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>Bounds of the SQL statements that a gateway runs. Section: <c>OrleansFlow:Sql</c>. Read once when the silo starts.</summary>
public sealed class SqlGatewayOptions
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Sql";

    /// <summary>Statements that run at the same time; further ones wait. More: more memory and threads.</summary>
    /// <value>Default 4. Range 1 to 256.</value>
    public int SessionsMax { get; set; } = 4;

    /// <summary>How long a statement waits for its turn before it is refused with <c>limit_exceeded</c>.</summary>
    /// <value>Default 30 s. Range 0 to 1 h.</value>
    public TimeSpan SessionWait { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Memory of one statement's engine, in bytes. More: larger sorts and joins, and more for each of the sessions.</summary>
    /// <value>Default 512 MiB. Range 64 MiB to 1 TiB.</value>
    public long MemoryLimitBytes { get; set; } = 512L << 20;

    /// <summary>Threads of one statement's engine.</summary>
    /// <value>Default 1. Range 1 to 1 024.</value>
    public int ThreadCount { get; set; } = 1;

    /// <summary>Longest time from the start of a statement to its last row, the client's reading included.</summary>
    /// <value>Default 10 min. Range 100 ms to 1 d.</value>
    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Prepared statements that may be open; the one that was unused the longest gives way.</summary>
    /// <value>Default 1 000. Range 1 to 100 000.</value>
    public int PreparedMax { get; set; } = 1_000;

    /// <summary>Bytes of parameter values that may be bound to a prepared statement.</summary>
    /// <value>Default 1 MiB. Range 1 KiB to 16 MiB.</value>
    public int ParameterBytesMax { get; set; } = 1 << 20;

    /// <summary>How often files that no table refers to any more are looked for.</summary>
    /// <value>Default 5 min. Range 1 s to 1 d.</value>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long the files of replaced and dropped tables and of broken uploads stay; never less than <see cref="TimeLimit"/>. Longer: more disk.</summary>
    /// <value>Default 15 min. Range 0 to 30 d.</value>
    public TimeSpan FileGrace { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// Folders whose files statements may read by their paths (<c>read_parquet</c>, <c>read_csv</c>, <c>read_json</c>). Every worker that queries are
    /// distributed to must see them under the same paths.
    /// </summary>
    /// <value>Default: none, so that statements read no files.</value>
    public IList<string> DataFolders { get; } = [];

    /// <summary>
    /// Folders below which statements may write files (<c>COPY ... TO</c>); what is in them may be read as well. Every worker that queries are distributed to must
    /// see them under the same paths.
    /// </summary>
    /// <value>Default: none, so that statements write no files.</value>
    public IList<string> WritableFolders { get; } = [];

    /// <summary>Databases that statements read by a name: <c>FROM name.schema.table</c>. See <see cref="AttachedDatabaseOptions"/>.</summary>
    /// <value>Default: none.</value>
    public IDictionary<string, AttachedDatabaseOptions> Databases { get; } = new Dictionary<string, AttachedDatabaseOptions>(StringComparer.OrdinalIgnoreCase);
}
