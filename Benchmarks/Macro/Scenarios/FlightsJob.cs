using OrleansFlow.Client;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>The demo's graph, two worker processes, none killed, from submit to the last row of the report; against the same answer by DuckDB alone.</summary>
internal sealed class FlightsJob : Scenario
{
    private const int SlotsPerWorker = 3;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly BenchSilo _silo = new();
    private readonly Dictionary<string, string> _files = [];

    public override string Name => "flights-job";

    public override string Question => "How long does the demo's graph over 3 000 000 flights take?";

    public override string Unit => "s";

    public override bool HigherIsBetter => false;

    public override string BaselineName => "aggregates by one DuckDB query, s";

    public override string? Durability => "SQLite, WAL, synchronous=FULL; artifacts fsynced";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        var data = Path.Combine(Root(), "artifacts", "npm", "data", "node_modules", "vega-datasets", "data");
        _files["flights"] = Path.Combine(data, "flights-3m.parquet");
        _files["airports"] = Path.Combine(data, "airports.csv");
        await _silo.StartAsync(cancellationToken);
        var worker = Path.Combine(Root(), "artifacts", "bin", "OrleansFlow.Samples.Flights", "release", "OrleansFlow.Samples.Flights.dll");
        await _silo.AddWorkerAsync(worker, "", SlotsPerWorker, cancellationToken);
        await _silo.AddWorkerAsync(worker, "", SlotsPerWorker, cancellationToken);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        var run = await _silo.Client.SubmitGraphFileAsync(
            Path.Combine(Root(), "samples", "flights", "graph.json"), new SubmitOptions { Files = _files }, cancellationToken);
        var ended = await _silo.Client.WaitForRunAsync(run, cancellationToken);
        if (ended.Status != RunStatus.Completed)
        {
            throw new FlowException(FlowErrorCode.UnexpectedError, $"The run ended as {ended.Status}: {ended.Failure?.Message}");
        }

        await using var report = await _silo.Client.GetResultAsync(run.Value, "report", cancellationToken);
        await foreach (var batch in report.ReadBatchesAsync(cancellationToken))
        {
            batch.Dispose();
        }

        return new Sample(_clock.GetElapsedTime(began).TotalSeconds);
    }

    public override async Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        await using var engine = await EngineInstance.OpenAsync(new EngineOptions(), cancellationToken);
        await using var session = engine.OpenSession();
        await session.ExecuteAsync(
            $"""
            CREATE TEMP TABLE answer AS
            SELECT origin, destination, hour(date) AS hour, distance // 500 AS band, count(*) AS flights, avg(delay) AS mean_delay,
                quantile_disc(delay, 0.95) AS p95_delay, avg(CASE WHEN delay > 15 THEN 1 ELSE 0 END) AS late_share
            FROM read_parquet({EngineText.Literal(_files["flights"])})
            GROUP BY GROUPING SETS ((origin, hour(date)), (distance // 500), (origin, destination))
            """,
            null,
            cancellationToken);
        return _clock.GetElapsedTime(began).TotalSeconds;
    }

    public override async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        await base.DisposeAsync();
    }

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "OrleansFlow.sln")))
            {
                return folder.FullName;
            }
        }

        throw new FlowException(FlowErrorCode.NotFound, "The benchmark needs the OrleansFlow checkout. Run './flow bench' from there.");
    }
}
