using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Engine;
using OrleansFlow.Queries;
using OrleansFlow.Samples.QueryExtensions;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>A silo that finds its workers by a resolver of the test's: processes of the sample <c>QueryExtensions</c>.</summary>
internal sealed class ExtensionCluster : IAsyncDisposable, IQueryWorkers
{
    private readonly List<FlowProcess> _processes = [];
    private readonly List<QueryPeer> _peers = [];
    private EngineInstance? _alone;

    public RunningSilo Silo { get; private set; } = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts one.</summary>
    /// <param name="workerCount">Processes.</param>
    /// <param name="more">What the silo alone declares.</param>
    public static async Task<ExtensionCluster> StartAsync(int workerCount = 2, QueryExtensions? more = null)
    {
        var cluster = new ExtensionCluster();
        for (var index = 0; index < workerCount; index++)
        {
            var process = FlowProcess.Sample(
                "OrleansFlow.Samples.QueryExtensions",
                new Dictionary<string, string> { ["OrleansFlow__Worker__Queries__WorkerId"] = FormattableString.Invariant($"shop{index}"), ["OrleansFlow__Worker__Queries__EngineThreads"] = "1" },
                "--urls",
                "http://127.0.0.1:0");
            cluster._processes.Add(process);
            var line = await process.WaitForTextAsync("Now listening on: ", Token);
            var address = new Uri(line[line.IndexOf("http://", StringComparison.Ordinal)..].Trim());
            cluster._peers.Add(new QueryPeer(FormattableString.Invariant($"shop{index}"), $"grpc+tcp://{address.Authority}", 1, 0));
        }

        cluster.Silo = await RunningSilo.StartAsync(options => options.ConfigureServices = services =>
        {
            services.AddSingleton<IQueryWorkers>(cluster);
            services.AddQueryExtensions(ShopExtensions.All);
            services.AddQueryExtensions(more ?? QueryExtensions.None);
            services.Configure<DistributedQueryOptions>(queries =>
            {
                (queries.BytesPerTask, queries.BroadcastBytesMax) = (1, 0);
                queries.ForwardedHeaders.Add("X-Shop-Team");
            });
        });
        cluster._alone = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, Token);
        return cluster;
    }

    public Task<IReadOnlyList<QueryPeer>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<QueryPeer>>(_peers);

    public Task<List<string>> AskAsync(string sql, string? team = null) => QueryCluster.AskAsync(
        Silo.Client.Query(sql, team is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["team"] = team }));

    /// <summary>What DuckDB alone answers, with its own functions.</summary>
    public async Task<List<string>> AloneAsync(string sql)
    {
        await using var session = _alone!.OpenSession();
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
        await Silo.DisposeAsync();
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        if (_alone is not null)
        {
            await _alone.DisposeAsync();
        }
    }
}
