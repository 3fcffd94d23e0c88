using Npgsql;

[assembly: AssemblyFixture(typeof(OrleansFlow.Tests.PostgresFixture))]

namespace OrleansFlow.Tests.Storage.Postgres;

/// <summary>Statements beside the store.</summary>
internal static class PostgresSql
{
    /// <summary>Runs one.</summary>
    public static async Task<object?> ExecuteAsync(string connectionString, string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
