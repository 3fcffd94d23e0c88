using OrleansFlow.Benchmarks.Macro.Engines;
using OrleansFlow.Benchmarks.Queries.Tables;
using OrleansFlow.Benchmarks.Queries.Tpch;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>
/// The 22 TPC-H-derived queries over Parquet files, each timed from its text to its last row, against DuckDB alone with two threads in a process of its
/// own over the same files. One line a query, then the total.
/// </summary>
internal abstract class TpchQueriesScenario(double scaleFactor) : Scenario
{
    private const int BaselineThreads = 2;

    private readonly Dictionary<string, double> _parts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _baselineParts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _rows = new(StringComparer.Ordinal);
    private IReadOnlyList<QueryText> _queries = [];
    private DuckDbProcess? _alone;

    public sealed override string Unit => "ms";

    public sealed override bool HigherIsBetter => false;

    public sealed override string BaselineName => $"DuckDB alone, {BaselineThreads} threads, own process, same files, ms";

    public sealed override IReadOnlyDictionary<string, double> Parts => _parts;

    public sealed override IReadOnlyDictionary<string, double> BaselineParts => _baselineParts;

    protected static TimeProvider Clock => TimeProvider.System;

    public sealed override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        // Kept from run to run: the name says what is in it.
        var scale = new TpchScale(scaleFactor);
        var tables = TpchTables.Create(scale);
        var folder = await TableFiles.EnsureAsync(
            tables, Path.Combine(AppContext.BaseDirectory, "tables"), new TableFileOptions { FileCount = 4, ThreadCount = 2 }, cancellationToken);
        _queries = TpchQueries.At(scale);
        _alone = await DuckDbProcess.StartAsync(BaselineThreads, Clock, cancellationToken);
        await _alone.RunAsync(TableFiles.CreateViewsSql(tables, folder), cancellationToken);
        await StartAsync(tables, folder, cancellationToken);
    }

    public sealed override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        foreach (var query in _queries)
        {
            var began = Clock.GetTimestamp();
            _rows[query.Name] = await DrainAsync(query.Sql, cancellationToken);
            _parts[query.Name] = Clock.GetElapsedTime(began).TotalMilliseconds;
        }

        return new Sample(_parts.Values.Sum());
    }

    public sealed override async Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        foreach (var query in _queries)
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

        await base.DisposeAsync();
    }

    /// <summary>Starts what runs the queries; not timed.</summary>
    /// <param name="tables">The tables.</param>
    /// <param name="folder">Where their files are.</param>
    /// <param name="cancellationToken">Stops.</param>
    protected abstract Task StartAsync(TableSet tables, string folder, CancellationToken cancellationToken);

    /// <summary>Runs a query and takes its whole result.</summary>
    /// <returns>How many rows there were.</returns>
    protected abstract Task<long> DrainAsync(string sql, CancellationToken cancellationToken);
}
