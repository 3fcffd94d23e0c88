using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Benchmarks.Macro.Engines;
using OrleansFlow.Benchmarks.Queries.Tables;
using OrleansFlow.Benchmarks.Queries.Tpch;
using OrleansFlow.Engine;
using OrleansFlow.Silo.Gateway.Sql;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>
/// The 22 TPC-H-derived queries by a cluster: client and silo here, each worker a process of its own with one thread of the engine. Against DuckDB alone
/// with two threads in a process of its own, over the same Parquet files. One line a query, then the total.
/// </summary>
internal sealed partial class Tpch(double scaleFactor, int workerCount) : Scenario
{
    public const int DefaultWorkerCount = 2;
    public const int WorkerCountMax = 64;
    private const int BaselineThreads = 2;

    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly TpchScale _scale = new(scaleFactor);
    private readonly Dictionary<string, double> _parts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _baselineParts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _rows = new(StringComparer.Ordinal);
    private readonly BenchSilo _silo = new();
    private IReadOnlyList<(string Name, string OverFiles, string OverViews)> _queries = [];
    private DuckDbProcess? _alone;

    public override string Name => "tpch";

    public override string Question => $"How long do the 22 TPC-H-derived queries take on {workerCount} workers of one thread each, next to DuckDB alone with two? (--sf, --workers)";

    public override string Unit => "ms";

    public override bool HigherIsBetter => false;

    public override string BaselineName => $"DuckDB alone, {BaselineThreads} threads, own process, same files, ms";

    public override IReadOnlyDictionary<string, double> Parts => _parts;

    public override IReadOnlyDictionary<string, double> BaselineParts => _baselineParts;

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        var tables = TpchTables.Create(_scale);
        var folder = await TableFiles.EnsureAsync(
            tables, Path.Combine(AppContext.BaseDirectory, "tables"), new TableFileOptions { FileCount = 4, ThreadCount = 2 }, cancellationToken);
        _queries = [.. TpchQueries.At(_scale).Select(query => (query.Name, OverFiles(query.Sql, tables, folder), query.Sql))];
        _alone = await DuckDbProcess.StartAsync(BaselineThreads, _clock, cancellationToken);
        await _alone.RunAsync(TableFiles.CreateViewsSql(tables, folder), cancellationToken);
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
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        foreach (var (name, sql, _) in _queries)
        {
            var began = _clock.GetTimestamp();
            var rows = 0L;
            await foreach (var batch in _silo.Client.Query(sql).WithCancellation(cancellationToken))
            {
                rows += batch.RowCount;
                batch.Dispose();
            }

            (_rows[name], _parts[name]) = (rows, _clock.GetElapsedTime(began).TotalMilliseconds);
        }

        return new Sample(_parts.Values.Sum());
    }

    public override async Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        foreach (var (name, _, sql) in _queries)
        {
            var (rows, took) = await _alone!.RunAsync(sql, cancellationToken);
            _baselineParts[name] = took.TotalMilliseconds;
            if (rows != _rows[name])
            {
                throw new InvalidOperationException($"{name} gave {_rows[name]} rows here and {rows} in DuckDB alone.");
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

        await _silo.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>The query with the files that it reads in the text itself, as a user without registered tables writes it.</summary>
    private static string OverFiles(string sql, TableSet tables, string folder)
    {
        var names = Word().Matches(sql).Select(match => match.Value).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var read = string.Join(", ", tables.Tables.Where(table => names.Contains(table.Name)).Select(table => string.Create(
            CultureInfo.InvariantCulture,
            $"{EngineText.Quote(table.Name)} AS NOT MATERIALIZED (SELECT * FROM read_parquet({EngineText.Literal(TableFiles.Pattern(table, folder))}))")));
        var with = LeadingWith().Match(sql);
        return with.Success ? $"WITH {read}, {sql[(with.Index + with.Length)..]}" : $"WITH {read} {sql}";
    }

    [GeneratedRegex("[a-z]+", RegexOptions.CultureInvariant)]
    private static partial Regex Word();

    [GeneratedRegex(@"\A\s*WITH\s", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex LeadingWith();
}
