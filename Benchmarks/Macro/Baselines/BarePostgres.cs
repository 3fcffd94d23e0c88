using System.Globalization;
using Npgsql;
using OrleansFlow.Storage;
using OrleansFlow.Tests;

namespace OrleansFlow.Benchmarks.Macro.Baselines;

/// <summary>PostgreSQL with its default durability: a server of its own, or the one that <c>FLOW_BENCH_POSTGRES</c> names.</summary>
internal sealed class BarePostgres : IBareStore
{
    private const string ServerVariable = "FLOW_BENCH_POSTGRES";
    private static readonly string Payload = new('x', 180);
    private readonly ScratchFolder _folder = new();
    private readonly PostgresServer? _server;
    private readonly string _connectionString;
    private int _runs;

    private BarePostgres(PostgresServer? server)
    {
        _server = server;
        _connectionString = server?.ConnectionString ?? Environment.GetEnvironmentVariable(ServerVariable)!;
    }

    public string Durability => "PostgreSQL, fsync=on, synchronous_commit=on";

    public string Folder => _folder.Path;

    /// <summary>Where the server is.</summary>
    public string ConnectionString => _connectionString;

    public static async Task<BarePostgres> StartAsync(CancellationToken cancellationToken) =>
        new(Environment.GetEnvironmentVariable(ServerVariable) is null ? await PostgresServer.StartAsync(null, cancellationToken, "shared_buffers=256MB", "max_wal_size=4GB") : null);

    public void AddTo(Orleans.Hosting.ISiloBuilder silo) => silo.AddFlowPostgresStore(options =>
    {
        options.ConnectionString = _connectionString;
        options.Schema = "flow_bench";
    });

    public double InsertsPerSecond(int rowsPerTransaction, int transactions, TimeProvider clock)
    {
        using var connection = new NpgsqlConnection(_connectionString + ";Max Auto Prepare=10;Auto Prepare Min Usages=1");
        connection.Open();
        using var create = new NpgsqlCommand(
            "CREATE TABLE IF NOT EXISTS bare (grain text COLLATE \"C\", name text COLLATE \"C\", version bigint NOT NULL, payload text NOT NULL, PRIMARY KEY (grain, name))",
            connection);
        create.ExecuteNonQuery();

        var run = _runs++;
        var began = clock.GetTimestamp();
        for (var transaction = 0; transaction < transactions; transaction++)
        {
            // One batch, so that its statements travel together: the fastest that single prepared inserts can be. Without an explicit
            // transaction a batch is one.
            using var batch = new NpgsqlBatch(connection);
            for (var row = 0; row < rowsPerTransaction; row++)
            {
                var insert = new NpgsqlBatchCommand("INSERT INTO bare VALUES ($1, 'state', 1, $2)");
                insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = string.Create(CultureInfo.InvariantCulture, $"bare/{run}-{row}-{transaction}") });
                insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Payload });
                batch.BatchCommands.Add(insert);
            }

            batch.ExecuteNonQuery();
        }

        return (double)rowsPerTransaction * transactions / clock.GetElapsedTime(began).TotalSeconds;
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _folder.Dispose();
    }
}
