namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>A database that statements read by a name.</summary>
public sealed class AttachedDatabaseOptions
{
    /// <summary>What it is: <c>duckdb</c> (a file) or <c>postgres</c>.</summary>
    /// <value>Required.</value>
    public string Type { get; set; } = "";

    /// <summary>The file of a DuckDB database.</summary>
    /// <value>Required for <c>duckdb</c>. An absolute path.</value>
    public string Path { get; set; } = "";

    /// <summary>How a PostgreSQL database is reached, in Npgsql's words. It is shown nowhere.</summary>
    /// <value>Required for <c>postgres</c>.</value>
    public string ConnectionString { get; set; } = "";

    /// <summary>
    /// Whether all workers can read it: a file under the same path, a PostgreSQL database by the same name in <c>OrleansFlow:Worker:Queries:Databases</c>. Otherwise
    /// statements that read it run in the gateway's process.
    /// </summary>
    /// <value>Default: true for a file below a folder of <see cref="SqlGatewayOptions.DataFolders"/> or <see cref="SqlGatewayOptions.WritableFolders"/>, else false.</value>
    public bool? OnWorkers { get; set; }
}
