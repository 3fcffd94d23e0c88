using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Comparing;
using OrleansFlow.Client;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Sql.Roles;
using OrleansFlow.Worker.Hosting;
using OrleansFlow.Worker.Queries;
using FlowWorker = OrleansFlow.Worker.Hosting.FlowWorker;

namespace OrleansFlow.Tests.Queries.Workers;

/// <summary>
/// A gateway in this process and the product's own workers, found as they register: hosts in this process that speak Flight over loopback, or processes
/// of their own. Every query over files is large enough for all of them.
/// </summary>
internal sealed class WorkerCluster : IAsyncDisposable
{
    private readonly string _folder;
    private readonly StartedQueries _started;
    private readonly List<IHost> _hosts = [];
    private readonly Dictionary<string, FlowProcess> _processes = new(StringComparer.Ordinal);
    private readonly ClusterShape _shape;

    private WorkerCluster(string folder, ClusterShape shape, FlowSiloHost silo, StartedQueries started)
    {
        _folder = folder;
        _shape = shape;
        Silo = silo;
        _started = started;
        Client = FlowClient.Connect(silo.Endpoints.GrpcUrl, silo.Endpoints.Token);
    }

    public FlowSiloHost Silo { get; }

    public FlowClient Client { get; }

    /// <summary>Queries so far that ran on workers.</summary>
    public int OnWorkersCount => _started.Count;

    public static async Task<WorkerCluster> StartAsync(ClusterShape shape, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("flow-cluster-").FullName;
        var started = new StartedQueries();
        var silo = await FlowSiloHost.StartAsync(
            new FlowSiloOptions
            {
                DataFolder = Path.Combine(folder, "silo"),
                GrpcPort = 0,
                HttpPort = 0,
                WorkerSlots = 0,
                StopTimeout = TimeSpan.FromSeconds(1),
                LogLevel = LogLevel.Error,
                ConfigureServices = services =>
                {
                    started.AddTo(services);
                    shape.AddServices(services);
                    services.Configure<SqlGatewayOptions>(options => options.DataFolders.Add(shape.DataFolder));
                    services.Configure<DistributedQueryOptions>(options =>
                    {
                        (options.BytesPerTask, options.BroadcastBytesMax) = (1, 0);
                        shape.Configure(options);
                    });
                },
            },
            cancellationToken);
        var cluster = new WorkerCluster(folder, shape, silo, started);
        try
        {
            for (var number = 0; number < shape.WorkerCount; number++)
            {
                await cluster.AddWorkerAsync($"query-{number}", cancellationToken);
            }
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }

        return cluster;
    }

    /// <summary>Starts one more worker and waits until it is registered.</summary>
    public async Task AddWorkerAsync(string id, CancellationToken cancellationToken)
    {
        if (!_shape.AsProcesses)
        {
            _hosts.Add(await StartHostAsync(id, cancellationToken));
            return;
        }

        var settings = new Dictionary<string, string>(_shape.WorkerSettings)
        {
            ["OrleansFlow__Worker__Queries__SpillFolder"] = SpillFolderOf(id),
            ["OrleansFlow__Worker__TempFolder"] = Path.Combine(_folder, "temp-" + id),
            ["OrleansFlow__Worker__Queries__EngineThreads"] = "1",
        };
        var process = FlowProcess.Flow(
            settings, ["worker", "--id", id, "--gateway", Silo.Endpoints.GrpcUrl, .. Silo.Endpoints.Token is { } token ? ["--token", token] : (string[])[]]);
        _processes.Add(id, process);
        await process.WaitForLineAsync("registered " + id, cancellationToken);
    }

    /// <summary>A worker process.</summary>
    public FlowProcess ProcessOf(string id) => _processes[id];

    /// <summary>Where a worker process keeps rows that do not fit in memory.</summary>
    public string SpillFolderOf(string id) => Path.Combine(_folder, "spill-" + id);

    /// <summary>Runs a query through the gateway and takes its whole result.</summary>
    /// <param name="sql">One statement.</param>
    /// <param name="headers">What goes along with it; null for nothing.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    /// <remarks>The client does not ask again by itself: what fails is to be seen.</remarks>
    public async Task<ResultTable> AskAsync(string sql, IReadOnlyDictionary<string, string>? headers, CancellationToken cancellationToken)
    {
        var query = Client.Query(sql, headers, new QueryOptions { RetriesPerEndpoint = 0 });
        var batches = new List<RecordBatch>();
        await foreach (var batch in query.WithCancellation(cancellationToken))
        {
            batches.Add(batch);
        }

        var schema = batches.Count > 0 ? batches[0].Schema : await query.GetSchemaAsync(cancellationToken);
        return await ResultTable.ReadAsync(schema!, batches.ToAsyncEnumerable(), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.Values)
        {
            await process.DisposeAsync();
        }

        foreach (var host in _hosts)
        {
            await host.StopAsync(CancellationToken.None);
            host.Dispose();
        }

        await Client.DisposeAsync();
        await Silo.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<IHost> StartHostAsync(string id, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services
            .AddOrleansFlowWorker(options =>
            {
                (options.WorkerId, options.Gateway, options.Token, options.Slots) = (id, Silo.Endpoints.GrpcUrl, Silo.Endpoints.Token, 1);
                options.TempFolder = Path.Combine(_folder, "temp-" + id);
                options.ShutdownGrace = TimeSpan.Zero;
            })
            .AddHandler<SqlRoleHandler>(SqlRoleHandler.Role);
        builder.Services.Configure<QueryWorkerOptions>(options => options.EngineThreads = 1);
        var host = builder.Build();
        await host.StartAsync(cancellationToken);
        await host.Services.GetRequiredService<FlowWorker>().Registered.WaitAsync(cancellationToken);
        return host;
    }
}
