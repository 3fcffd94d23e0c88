using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Client.Queries;
using OrleansFlow.Engine;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Worker.Data;
using OrleansFlow.Worker.Hosting;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>A silo with two workers of queries, and a database of DuckDB alone with the same tables.</summary>
internal sealed class QueryCluster : IAsyncDisposable
{
    private const string Tables = """
        create table facts as select range as id, range % 97 as key, case when range % 13 = 0 then null else (range * 7919) % 1000 end as value, 'name ' || (range % 5) as name from range(60000);
        create table dims as select range as key, 'dim ' || range as label from range(90);
        """;

    private readonly EngineInstance _alone;
    private readonly List<RemoteWorker> _real = [];

    private QueryCluster(RunningSilo silo, IReadOnlyList<TinyQueryWorker> workers, EngineInstance alone)
    {
        Silo = silo;
        Workers = workers;
        _alone = alone;
    }

    public RunningSilo Silo { get; }

    /// <summary>Counts what ran on the product's own workers.</summary>
    public DistributedStarts Starts { get; private init; } = new();

    public IReadOnlyList<TinyQueryWorker> Workers { get; }

    /// <summary>The product's own workers.</summary>
    public IReadOnlyList<RemoteWorker> Real => _real;

    /// <summary>Queries that each use another part of the planner, with an order where rows have one.</summary>
    public static IReadOnlyList<string> Queries { get; } =
    [
        "select key, count(*) as n, sum(value) as total from facts group by key order by key",
        "select count(*) from facts",
        "select id, name from facts where value = 3 order by id",
        "select label, avg(value) as mean, max(name) from facts join dims using (key) group by label order by label",
        "select d.label, f.id from facts f left join dims d on d.key = f.key where f.id % 1000 = 0 order by f.id",
        "select name, id, row_number() over (partition by name order by id desc) as place from facts qualify place <= 3 order by name, place",
        "select distinct value from facts order by value nulls first limit 20",
        "with large as (select key, sum(value) as s from facts group by key) select a.key, a.s from large a join large b on a.s = b.s order by a.key limit 10",
        "select count(*) as n from facts where value > 5000",
        "select id from facts order by value desc nulls last, id limit 5 offset 3",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts one whose workers are the product's own, found as they register.</summary>
    public static async Task<QueryCluster> StartRealAsync(
        Action<DistributedQueryOptions>? configure = null,
        string? dataFolder = null,
        Action<QueryWorkerOptions>? worker = null,
        TimeSpan? timeLimit = null,
        bool isWritable = false,
        Action<WorkerBuilder>? addToWorkers = null,
        Action<SqlGatewayOptions>? sql = null,
        Action<WorkerDataOptions>? data = null)
    {
        var starts = new DistributedStarts();
        MakeFolder(dataFolder, isWritable);
        var silo = await RunningSilo.StartAsync(options => options.ConfigureServices = services =>
        {
            starts.AddTo(services);
            services.Configure<SqlGatewayOptions>(options =>
            {
                options.TimeLimit = timeLimit ?? options.TimeLimit;
                sql?.Invoke(options);
            });
            services.Allow(dataFolder, isWritable).Configure<DistributedQueryOptions>(queries =>
            {
                (queries.BytesPerTask, queries.BroadcastBytesMax) = (1, 0);
                configure?.Invoke(queries);
            });
        });
        var cluster = new QueryCluster(silo, [], await FillAsync(silo)) { Starts = starts };
        foreach (var id in (string[])["real1", "real2"])
        {
            cluster._real.Add(await RemoteWorker.StartAsync(
                silo,
                id,
                slots: 2,
                builder =>
                {
                    RunningSilo.AddHandlers(builder);
                    addToWorkers?.Invoke(builder);
                },
                configure: data,
                queries: worker));
        }

        return cluster;
    }

    public static async Task<QueryCluster> StartAsync(
        Action<DistributedQueryOptions>? configure = null, int workerCount = 2, string? dataFolder = null, Action<FlowSiloOptions>? silo = null, bool isWritable = false)
    {
        var workers = new List<TinyQueryWorker>();
        MakeFolder(dataFolder, isWritable);
        for (var index = 0; index < workerCount; index++)
        {
            workers.Add(await TinyQueryWorker.StartAsync($"tiny{index}"));
        }

        var starts = new DistributedStarts();
        var running = await RunningSilo.StartAsync(options =>
        {
            silo?.Invoke(options);
            options.ConfigureServices = services =>
            {
                starts.AddTo(services);
                services.AddSingleton<IQueryWorkers>(new Listed(workers));
                services.Allow(dataFolder, isWritable).Configure<DistributedQueryOptions>(queries =>
                {
                    // Else no query of a test is large enough for two tasks.
                    queries.BytesPerTask = 1;
                    queries.BroadcastBytesMax = 0;
                    configure?.Invoke(queries);
                });
            };
        });
        workers.ForEach(worker => worker.ArtifactRoot = Path.Combine(running.DataFolder, "artifacts"));
        return new QueryCluster(running, workers, await FillAsync(running)) { Starts = starts };
    }

    /// <summary>What the cluster answers: the columns, then each row as a text.</summary>
    public static async Task<List<string>> AskAsync(FlowQuery query)
    {
        var rows = new List<string>();
        await foreach (var batch in query.WithCancellation(Token))
        {
            using (batch)
            {
                if (rows.Count == 0)
                {
                    rows.Add(string.Join(',', batch.Schema.Fields.Select(field => field.Name)));
                }

                rows.AddRange(SqlProbe.Rows(batch));
            }
        }

        return rows;
    }

    /// <summary>Runs a statement that makes a table, here and in DuckDB alone.</summary>
    public async Task RunAsync(string statement)
    {
        await using var session = _alone.OpenSession();
        await session.ExecuteAsync(statement, null, Token);
        await Silo.Client.UpdateAsync(statement, Token);
    }

    /// <summary>What DuckDB alone answers.</summary>
    public async Task<List<string>> AloneAsync(string sql)
    {
        await using var session = _alone.OpenSession();
        await using var result = await session.QueryAsync(sql, null, Token);
        var rows = new List<string>();
        await foreach (var batch in result.ReadAllAsync(Token))
        {
            using (batch)
            {
                if (rows.Count == 0)
                {
                    rows.Add(string.Join(',', batch.Schema.Fields.Select(field => field.Name)));
                }

                rows.AddRange(SqlProbe.Rows(batch));
            }
        }

        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _real)
        {
            await worker.DisposeAsync();
        }

        await Silo.DisposeAsync();
        foreach (var worker in Workers)
        {
            await worker.DisposeAsync();
        }

        await _alone.DisposeAsync();
    }

    private static void MakeFolder(string? folder, bool isWritable)
    {
        if (folder is not null && isWritable)
        {
            Directory.CreateDirectory(folder);
        }
    }

    private static async Task<EngineInstance> FillAsync(RunningSilo silo)
    {
        var alone = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, Token);
        await using var session = alone.OpenSession();
        foreach (var statement in Tables.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            await session.ExecuteAsync(statement, null, Token);
            await silo.Client.UpdateAsync(statement, Token);
        }

        return alone;
    }

    private sealed class Listed(IReadOnlyList<TinyQueryWorker> workers) : IQueryWorkers
    {
        public Task<IReadOnlyList<QueryPeer>> ListAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<QueryPeer>>([.. workers.Select(worker => worker.Peer)]);
    }
}
