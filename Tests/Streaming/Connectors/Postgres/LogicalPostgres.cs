using System.Globalization;
using Npgsql;

[assembly: AssemblyFixture(typeof(OrleansFlow.Tests.Streaming.Connectors.Postgres.LogicalPostgres))]

namespace OrleansFlow.Tests.Streaming.Connectors.Postgres;

/// <summary>A server whose log can be decoded, for all tests of the assembly that need one; started by the first of them.</summary>
public sealed class LogicalPostgres : IAsyncLifetime
{
    private readonly SemaphoreSlim _gate = new(1);
    private PostgresServer? _server;
    private int _names;

    /// <summary>Starts the server when it does not run yet; skips the test where there is none.</summary>
    public async Task<NpgsqlDataSource> OpenAsync(CancellationToken cancellationToken)
    {
        Requires.That(PostgresServer.IsInstalled, "PostgreSQL (initdb and postgres on PATH, or Debian's package postgresql)");
        await _gate.WaitAsync(cancellationToken);
        try
        {
            // A crash of the machine is not what these tests are about.
            _server ??= await PostgresServer.StartAsync(null, cancellationToken, "fsync=off", "max_connections=200", "wal_level=logical", "max_replication_slots=100", "max_wal_senders=100");
            return NpgsqlDataSource.Create(_server.ConnectionString);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>A name of a table or slot that no other test has.</summary>
    public string NewName() => string.Create(CultureInfo.InvariantCulture, $"t_{Interlocked.Increment(ref _names)}");

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        _gate.Dispose();
    }
}

/// <summary>Statements in few words.</summary>
internal static class PostgresStatements
{
    public static async Task ExecuteAsync(this NpgsqlDataSource server, string sql)
    {
        await using var command = server.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The first column of the rows, as text.</summary>
    public static async Task<List<string>> ReadAsync(this NpgsqlDataSource server, string sql)
    {
        await using var command = server.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var values = new List<string>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            values.Add(Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture)!);
        }

        return values;
    }
}
