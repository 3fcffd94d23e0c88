using System.Globalization;
using Microsoft.Data.Sqlite;
using OrleansFlow.Storage;

namespace OrleansFlow.Benchmarks.Macro.Baselines;

/// <summary>SQLite with the store's own durability settings.</summary>
internal sealed class BareSqlite : IBareStore
{
    private static readonly string Payload = new('x', 180);
    private readonly ScratchFolder _folder = new();
    private int _runs;

    public string Durability => "SQLite, WAL, synchronous=FULL";

    public string Folder => _folder.Path;

    public void AddTo(Orleans.Hosting.ISiloBuilder silo) =>
        silo.AddFlowSqliteStore(options => options.DatabasePath = Path.Combine(_folder.Path, "flow.db"));

    public double InsertsPerSecond(int rowsPerTransaction, int transactions, TimeProvider clock)
    {
        SQLitePCL.Batteries_V2.Init();
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_folder.Path, "bare.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText =
            """
            PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
            CREATE TABLE IF NOT EXISTS bare (grain TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, payload TEXT NOT NULL, PRIMARY KEY (grain, name));
            """;
        command.ExecuteNonQuery();
        using var begin = connection.CreateCommand();
        begin.CommandText = "BEGIN IMMEDIATE";
        using var commit = connection.CreateCommand();
        commit.CommandText = "COMMIT";
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO bare VALUES ($grain, 'state', 1, $payload)";
        var grain = insert.Parameters.Add("$grain", SqliteType.Text);
        insert.Parameters.AddWithValue("$payload", Payload);
        insert.Prepare();

        var run = _runs++;
        var began = clock.GetTimestamp();
        for (var transaction = 0; transaction < transactions; transaction++)
        {
            begin.ExecuteNonQuery();
            for (var row = 0; row < rowsPerTransaction; row++)
            {
                grain.Value = string.Create(CultureInfo.InvariantCulture, $"bare/{run}-{row}-{transaction}");
                insert.ExecuteNonQuery();
            }

            commit.ExecuteNonQuery();
        }

        return (double)rowsPerTransaction * transactions / clock.GetElapsedTime(began).TotalSeconds;
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
