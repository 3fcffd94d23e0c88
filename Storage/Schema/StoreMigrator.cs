using OrleansFlow.Errors;
using OrleansFlow.Storage.Postgres;

namespace OrleansFlow.Storage.Schema;

/// <summary>Migrators of the two stores.</summary>
public static class StoreMigrator
{
    /// <summary>Schema version that this build reads and writes.</summary>
    public static int LatestVersion => StoreMigration.All[^1].Version;

    /// <summary>The migrator of a SQLite database; the file and its folder are made when missing.</summary>
    /// <param name="databasePath">Path of the database file.</param>
    public static IStoreMigrator ForSqlite(string databasePath)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(databasePath);
        return new SqliteStoreMigrator(databasePath);
    }

    /// <summary>The migrator of a PostgreSQL store; its schema is made when missing, its database is not.</summary>
    /// <param name="connectionString">As Npgsql reads it.</param>
    /// <param name="schema">Schema that holds the tables.</param>
    /// <exception cref="FlowException"><c>bad_option</c>.</exception>
    public static IStoreMigrator ForPostgres(string connectionString, string schema = PostgresStoreOptions.DefaultSchema)
    {
        var options = new PostgresStoreOptions { ConnectionString = connectionString, Schema = schema };
        var checks = new PostgresStoreOptionsValidator().Validate(null, options);
        if (checks.Failed)
        {
            throw new FlowException(FlowErrorCode.BadOption, string.Join(Environment.NewLine, checks.Failures));
        }

        return new PostgresStoreMigrator(connectionString, schema);
    }
}
