using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Benchmarks.Queries.Tables;
using OrleansFlow.Silo.Gateway.Sql;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>The queries by a cluster: client and silo here, each worker a process of its own with one thread of the engine.</summary>
internal sealed class Tpch(double scaleFactor, int workerCount) : TpchQueriesScenario(scaleFactor)
{
    public const int DefaultWorkerCount = 2;
    public const int WorkerCountMax = 64;

    // So long the compiler is busy in the three processes.
    private const int WarmUpRounds = 4;

    private readonly BenchSilo _silo = new();
    private Func<string, string> _overFiles = sql => sql;

    public override string Name => "tpch";

    public override string Question => $"How long do the 22 TPC-H-derived queries take on {workerCount} workers of one thread each, next to DuckDB alone with two? (--sf, --workers)";

    public override async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override async Task StartAsync(TableSet tables, string folder, CancellationToken cancellationToken)
    {
        _overFiles = sql => FileQuery.Over(sql, tables, folder);
        await _silo.StartAsync(
            options =>
            {
                // The tasks go to the workers alone.
                options.WorkerSlots = 0;
                options.ConfigureServices = services => services.Configure<SqlGatewayOptions>(sql => sql.DataFolders.Add(folder));
            },
            cancellationToken);
        Environment.SetEnvironmentVariable("OrleansFlow__Worker__Queries__EngineThreads", "1");
        for (var worker = 0; worker < workerCount; worker++)
        {
            await _silo.AddWorkerAsync(typeof(Tpch).Assembly.Location, NoOpWorker.Argument, slots: 1, cancellationToken);
        }

        for (var round = 0; round < WarmUpRounds; round++)
        {
            await MeasureAsync(cancellationToken);
        }
    }

    protected override async Task<long> DrainAsync(string sql, CancellationToken cancellationToken)
    {
        var rows = 0L;
        await foreach (var batch in _silo.Client.Query(_overFiles(sql)).WithCancellation(cancellationToken))
        {
            rows += batch.RowCount;
            batch.Dispose();
        }

        return rows;
    }
}
