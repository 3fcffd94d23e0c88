using OrleansFlow.Benchmarks.Macro.Engines;
using OrleansFlow.Benchmarks.Queries.Tables;
using OrleansFlow.Benchmarks.Queries.Tpch;
using OrleansFlow.Engine;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>
/// The 22 TPC-H-derived queries by the engine of one worker (one thread, in this process), against DuckDB alone with two threads in a process
/// of its own over the same Parquet files. One line a query, then the total.
/// </summary>
/// <remarks>Half of the baseline's processors and nothing distributed: it shows what of a distributed query's time is the engine's own.</remarks>
internal sealed class TpchLocal(double scaleFactor) : Scenario
{
    public const double DefaultScaleFactor = 0.1;
    private const int BaselineThreads = 2;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly TpchScale _scale = new(scaleFactor);
    private readonly Dictionary<string, double> _parts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _baselineParts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _rows = new(StringComparer.Ordinal);
    private EngineInstance? _instance;
    private EngineSession? _session;
    private DuckDbProcess? _alone;

    public override string Name => "tpch-local";

    public override string Question => "How long do the 22 TPC-H-derived queries take with a worker's engine, one thread, next to DuckDB alone with two? (--sf)";

    public override string Unit => "ms";

    public override bool HigherIsBetter => false;

    public override string BaselineName => $"DuckDB alone, {BaselineThreads} threads, own process, same files, ms";

    public override IReadOnlyDictionary<string, double> Parts => _parts;

    public override IReadOnlyDictionary<string, double> BaselineParts => _baselineParts;

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        // Kept from run to run: the name says what is in it.
        var tables = TpchTables.Create(_scale);
        var folder = await TableFiles.EnsureAsync(
            tables, Path.Combine(AppContext.BaseDirectory, "tables"), new TableFileOptions { FileCount = 4, ThreadCount = 2 }, cancellationToken);
        var views = TableFiles.CreateViewsSql(tables, folder);
        _instance = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1, PreserveInsertionOrder = false }, cancellationToken);
        _session = _instance.OpenSession();
        await _session.ExecuteAsync(views, null, cancellationToken);
        _alone = await DuckDbProcess.StartAsync(BaselineThreads, _clock, cancellationToken);
        await _alone.RunAsync(views, cancellationToken);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        foreach (var query in TpchQueries.At(_scale))
        {
            var began = _clock.GetTimestamp();
            _rows[query.Name] = await DuckDbPeer.DrainAsync(_session!, query.Sql, cancellationToken);
            _parts[query.Name] = _clock.GetElapsedTime(began).TotalMilliseconds;
        }

        return new Sample(_parts.Values.Sum());
    }

    public override async Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        foreach (var query in TpchQueries.At(_scale))
        {
            var (rows, took) = await _alone!.RunAsync(query.Sql, cancellationToken);
            _baselineParts[query.Name] = took.TotalMilliseconds;
            if (rows != _rows[query.Name])
            {
                throw new InvalidOperationException($"{query.Name} gave {_rows[query.Name]} rows here and {rows} in DuckDB alone.");
            }
        }

        return _baselineParts.Values.Sum();
    }

    public override async ValueTask DisposeAsync()
    {
        if (_alone is not null)
        {
            await _alone.DisposeAsync();
        }

        if (_instance is not null)
        {
            await _instance.DisposeAsync();
        }

        await base.DisposeAsync();
    }
}
