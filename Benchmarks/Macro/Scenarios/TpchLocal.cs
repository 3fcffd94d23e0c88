using OrleansFlow.Benchmarks.Macro.Engines;
using OrleansFlow.Benchmarks.Queries.Tables;
using OrleansFlow.Engine;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>The queries by the engine of one worker: one thread, in this process.</summary>
/// <remarks>Half of the baseline's processors and nothing distributed: it shows what of a distributed query's time is the engine's own.</remarks>
internal sealed class TpchLocal(double scaleFactor) : TpchQueriesScenario(scaleFactor)
{
    public const double DefaultScaleFactor = 0.1;

    private EngineInstance? _instance;
    private EngineSession? _session;

    public override string Name => "tpch-local";

    public override string Question => "How long do the 22 TPC-H-derived queries take with a worker's engine, one thread, next to DuckDB alone with two? (--sf)";

    public override async ValueTask DisposeAsync()
    {
        if (_instance is not null)
        {
            await _instance.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    protected override async Task StartAsync(TableSet tables, string folder, CancellationToken cancellationToken)
    {
        _instance = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1, PreserveInsertionOrder = false }, cancellationToken);
        _session = _instance.OpenSession();
        await _session.ExecuteAsync(TableFiles.CreateViewsSql(tables, folder), null, cancellationToken);
    }

    protected override Task<long> DrainAsync(string sql, CancellationToken cancellationToken) => DuckDbPeer.DrainAsync(_session!, sql, cancellationToken);
}
