using System.Text.RegularExpressions;
using Npgsql;
using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Stores.Postgres;

/// <summary>Where a PostgreSQL store is.</summary>
public sealed partial record PostgresWorkflowStoreOptions
{
    /// <summary>Host, database, user and the like, as Npgsql reads them.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>The schema with the tables; made when it does not exist.</summary>
    /// <value>Default <c>orleansflow_workflows</c>; a lower-case name of at most 55 letters, digits and underscores.</value>
    public string Schema { get; init; } = "orleansflow_workflows";

    /// <summary>Connections that read.</summary>
    /// <value>Default 8; 1 to 256.</value>
    public int ReadConnectionsMax { get; init; } = 8;

    /// <summary>How long writes wait for a server that cannot be reached before they fail.</summary>
    /// <value>Default 30 s; 0 to 1 h.</value>
    public TimeSpan OutageTimeout { get; init; } = TimeSpan.FromSeconds(30);

    internal void Check()
    {
        var problems = new List<FlowProblem>();
        if (!SchemaName().IsMatch(Schema))
        {
            problems.Add(new("schema", nameof(Schema), $"Schema is '{Schema}'; use a lower-case name of at most 55 letters, digits and underscores."));
        }

        if (ReadConnectionsMax is < 1 or > 256)
        {
            problems.Add(new("read_connections", nameof(ReadConnectionsMax), $"ReadConnectionsMax is {ReadConnectionsMax}; use 1 to 256."));
        }

        if (OutageTimeout < TimeSpan.Zero || OutageTimeout > TimeSpan.FromHours(1))
        {
            problems.Add(new("outage_timeout", nameof(OutageTimeout), $"OutageTimeout is {OutageTimeout}; use 0 to 1 h."));
        }

        try
        {
            if (string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(ConnectionString).Host))
            {
                problems.Add(new("connection", nameof(ConnectionString), "ConnectionString names no Host."));
            }
        }
        catch (ArgumentException error)
        {
            problems.Add(new("connection", nameof(ConnectionString), $"ConnectionString cannot be read: {error.Message}"));
        }

        if (problems.Count > 0)
        {
            throw new FlowException(FlowErrorCode.BadOption, problems);
        }
    }

    [GeneratedRegex("^[a-z_][a-z0-9_]{0,54}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex SchemaName();
}
