using OrleansFlow.Silo.Gateway.Queries;

namespace OrleansFlow.Silo.Gateway.Sql.Databases;

/// <summary>A database of the options. Thread-safe.</summary>
internal interface IAttachedDatabase : IAsyncDisposable
{
    /// <summary>Its name in statements.</summary>
    string Name { get; }

    /// <summary>The schema that a name without one means.</summary>
    string DefaultSchema { get; }

    /// <summary>Looks a table up as it is now.</summary>
    /// <param name="name">What it is called in the engine.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="table">The table.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="OrleansFlow.Errors.FlowException">The database cannot be read.</exception>
    Task<SqlTable?> FindAsync(SqlTableName name, string schema, string table, CancellationToken cancellationToken);

    /// <summary>Its tables, by schema and name.</summary>
    /// <exception cref="OrleansFlow.Errors.FlowException">The database cannot be read.</exception>
    Task<IReadOnlyList<(string Schema, string Table)>> ListAsync(int countMax, CancellationToken cancellationToken);
}

/// <summary>A table of an attached database.</summary>
internal interface IAttachedTable
{
    /// <summary>What the engine of the gateway reads it by; null where rows are handed to it.</summary>
    string? Definition { get; }

    /// <summary>What has to be done before, once for a statement, and what after it; null: nothing.</summary>
    (string Before, string After)? Frame { get; }

    /// <summary>Whether workers can read it.</summary>
    bool IsOnWorkers { get; }

    /// <summary>The table for a plan.</summary>
    /// <param name="name">Its name there.</param>
    /// <param name="emptyQuery">A query with the columns of its schema and without rows.</param>
    /// <param name="cancellationToken">Stops it.</param>
    Task<IDescribedTable> DescribeAsync(string name, string emptyQuery, CancellationToken cancellationToken);
}
