namespace OrleansFlow.Worker.Queries;

/// <summary>How a worker reaches a PostgreSQL database that queries read by a name.</summary>
public sealed class WorkerDatabaseOptions
{
    /// <summary>Npgsql's connection string.</summary>
    /// <value>Required.</value>
    public string ConnectionString { get; set; } = "";
}
