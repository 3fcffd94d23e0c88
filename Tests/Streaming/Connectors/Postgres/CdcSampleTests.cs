using Npgsql;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Execution;
using OrleansFlow.Streaming.Sql.Planning;

namespace OrleansFlow.Tests.Streaming.Connectors.Postgres;

/// <summary>Goal: <c>samples/cdc</c> brings each row of a table into one Parquet file, in the folder of its country and day. Method: its text over a real server, ended as by a crash in between; DuckDB reads the files.</summary>
public sealed class CdcSampleTests(LogicalPostgres postgres) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flow-cdc-").FullName;
    private NpgsqlDataSource? _server;
    private EngineInstance? _engine;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Lake => Path.Combine(_folder, "lake");

    public async ValueTask InitializeAsync()
    {
        _server = await postgres.OpenAsync(Token);
        _engine = await EngineInstance.OpenAsync(null, Token);
    }

    public async ValueTask DisposeAsync()
    {
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_engine?.DisposeAsync() ?? ValueTask.CompletedTask);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Orders_ThoseThatAreThereAndThoseThatCome_AreInOneFileEach_ThroughACrash()
    {
        await _server!.ExecuteAsync("CREATE TABLE orders (id bigint PRIMARY KEY, country text, cents bigint)");
        await InsertAsync(0, 1_000);
        await using (var first = await OpenAsync())
        {
            var running = first.RunAsync(Token);
            await UntilAsync(first, 1_000);
            await InsertAsync(1_000, 1_300);
        }

        await InsertAsync(1_300, 1_500);
        await using (var second = await OpenAsync())
        {
            var running = second.RunAsync(Token);
            await UntilAsync(second, 1_500);
            await second.CheckpointAsync(thenStop: true, Token);
            await running;
        }

        var files = $"read_parquet({EngineText.Literal(Path.Combine(Lake, "**", "*.parquet"))}, hive_partitioning = true, hive_types_autocast = false)";
        var found = await ReadAsync($"SELECT country || ' ' || count(*) || ' ' || count(DISTINCT id) || ' ' || sum(cents) FROM {files} GROUP BY country ORDER BY country");
        Assert.Equal(await _server!.ReadAsync("SELECT country || ' ' || count(*) || ' ' || count(DISTINCT id) || ' ' || sum(cents) FROM orders GROUP BY country ORDER BY country COLLATE \"C\""), found);
        Assert.All(Directory.GetFiles(Lake, "*.parquet", SearchOption.AllDirectories), file => Assert.Matches("country=[A-Z]{2}/[0-9]{4}-[0-9]{2}-[0-9]{2}/[^/]+$", file));
    }

    private Task InsertAsync(int from, int before) =>
        _server!.ExecuteAsync($"INSERT INTO orders SELECT i, (ARRAY['DE', 'FR', 'PT'])[1 + i % 3], i * 7 FROM generate_series({from}, {before - 1}) g(i)");

    private async Task<LocalJob> OpenAsync()
    {
        var text = (await File.ReadAllTextAsync(RepositoryRoot.Combine("samples", "cdc", "cdc.sql"), Token))
            .Replace("${DB}", _server!.ConnectionString, StringComparison.Ordinal).Replace("file:///data/lake", new Uri(Lake).AbsoluteUri, StringComparison.Ordinal);
        return await LocalJob.OpenAsync(
            new LocalJobSetup
            {
                Program = await StreamPlanner.PlanAsync(text, new StreamPlanOptions(), Token),
                Operators = new OperatorRegistry().AddKnown().AddSql(_engine!),
                Store = new LocalObjectStore(Path.Combine(_folder, "state")),
            },
            Token);
    }

    /// <summary>Takes checkpoints, each of which ends the files, until all rows are there.</summary>
    private async Task UntilAsync(LocalJob job, long rows)
    {
        do
        {
            await job.CheckpointAsync(thenStop: false, Token);
        }
        while (!Directory.Exists(Lake) || Directory.GetFiles(Lake, "*.parquet", SearchOption.AllDirectories).Length == 0
            || long.Parse((await ReadAsync($"SELECT count(*)::text FROM read_parquet({EngineText.Literal(Path.Combine(Lake, "**", "*.parquet"))})"))[0], System.Globalization.CultureInfo.InvariantCulture) < rows);
    }

    private async Task<List<string>> ReadAsync(string sql)
    {
        await using var session = _engine!.OpenSession();
        await using var result = await session.QueryAsync(sql, null, Token);
        var rows = new List<string>();
        while (await result.ReadAsync(Token) is { } batch)
        {
            using (batch)
            {
                for (var row = 0; row < batch.RowCount; row++)
                {
                    rows.Add(batch.Column<StringArray>(0).GetString(row)!);
                }
            }
        }

        return rows;
    }
}
