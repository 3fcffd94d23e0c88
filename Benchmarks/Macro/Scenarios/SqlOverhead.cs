using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Benchmarks.Macro.Wire;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;
using OrleansFlow.Silo.Gateway.Sql;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>
/// One small statement after the other through the client, from its text to its last row (GetFlightInfo and DoGet), with workers there that could be
/// asked. Against one DoGet of one row between two processes, which is what the way alone costs.
/// </summary>
/// <param name="what">Which statement.</param>
internal sealed class SqlOverhead(SqlOverhead.Statement what) : Scenario
{
    private const int WarmUpCalls = 300;
    private const int Calls = 200;
    private const int WorkerCount = 2;
    private const string Table = "create table places as select range as id, 'place ' || range as name, range % 7 as kind from range(10000)";
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly BenchSilo _silo = new();
    private WirePeer? _peer;
    private string _sql = "select 1";

    /// <summary>What is asked.</summary>
    internal enum Statement
    {
        /// <summary><c>select 1</c>.</summary>
        Constant,

        /// <summary>One row of a registered table of 10,000 by its key.</summary>
        Lookup,

        /// <summary>One row of a Parquet file of 10,000, whose path is in the text.</summary>
        FileLookup,
    }

    public override string Name => what switch
    {
        Statement.Constant => "sql-overhead",
        Statement.Lookup => "sql-overhead-lookup",
        _ => "sql-overhead-file",
    };

    public override string Question => what switch
    {
        Statement.Constant => "How long does 'select 1' take over Flight SQL, end to end?",
        Statement.Lookup => "How long does one row of a registered table of 10 000 take, end to end?",
        _ => "How long does one row of a Parquet file of 10 000 take, end to end?",
    };

    public override string Unit => "ms";

    public override bool HigherIsBetter => false;

    public override string BaselineName => "one DoGet of one row from another process, ms";

    public override IReadOnlyList<FurtherBaseline> FurtherBaselines => [new("the goal, ms", _ => Task.FromResult(5.0))];

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        _peer = await WirePeer.StartAsync(cancellationToken);
        var folder = Directory.CreateDirectory(Path.Combine(_silo.Folder, "files")).FullName;
        await _silo.StartAsync(
            options =>
            {
                options.WorkerSlots = 0;
                options.ConfigureServices = services => services.Configure<SqlGatewayOptions>(sql => sql.DataFolders.Add(folder));
            },
            cancellationToken);
        for (var worker = 0; worker < WorkerCount; worker++)
        {
            await _silo.AddWorkerAsync(typeof(SqlOverhead).Assembly.Location, NoOpWorker.Argument, slots: 1, cancellationToken);
        }

        await _silo.Client.UpdateAsync(Table, cancellationToken);
        if (what != Statement.Constant)
        {
            var source = "places";
            if (what == Statement.FileLookup)
            {
                var file = Path.Combine(folder, "places.parquet");
                await WriteAsync(file, cancellationToken);
                source = $"'{file}'";
            }

            _sql = $"select name from {source} where id = 4711";
        }

        for (var call = 0; call < WarmUpCalls; call++)
        {
            await CallAsync(cancellationToken);
        }

        await WarmUp.UntilSteadyAsync(AskAsync, _clock, cancellationToken);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        var latencies = await TimeAsync(AskAsync, cancellationToken);
        return new Sample(
            Median(latencies),
            latencies,
            AllocatedBytesPerOperation: (double)(GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore) / Calls,
            CpuMicrosPerOperation: (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / Calls);
    }

    public override async Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) => Median(await TimeAsync(CallAsync, cancellationToken));

    public override async ValueTask DisposeAsync()
    {
        if (_peer is not null)
        {
            await _peer.DisposeAsync();
        }

        await _silo.DisposeAsync();
        await base.DisposeAsync();
    }

    private static double Median(double[] values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private static async Task WriteAsync(string file, CancellationToken cancellationToken)
    {
        await using var engine = await Engine.EngineInstance.OpenAsync(new Engine.EngineOptions { ThreadCount = 1 }, cancellationToken);
        await using var session = engine.OpenSession();
        await session.ExecuteAsync(Table, null, cancellationToken);
        await session.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"copy places to {Engine.EngineText.Literal(file)} (format parquet)"), null, cancellationToken);
    }

    private async Task<double[]> TimeAsync(Func<CancellationToken, Task> callAsync, CancellationToken cancellationToken)
    {
        var latencies = new double[Calls];
        for (var call = 0; call < Calls; call++)
        {
            var began = _clock.GetTimestamp();
            await callAsync(cancellationToken);
            latencies[call] = _clock.GetElapsedTime(began).TotalMilliseconds;
        }

        return latencies;
    }

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        var rows = 0L;
        await foreach (var batch in _silo.Client.Query(_sql).WithCancellation(cancellationToken))
        {
            rows += batch.RowCount;
            batch.Dispose();
        }

        if (rows != 1)
        {
            throw new InvalidOperationException($"{_sql} gave {rows} rows.");
        }
    }

    private async Task CallAsync(CancellationToken cancellationToken)
    {
        await foreach (var batch in _peer!.Flight.DoGet(FlightTicket.FromText(WireProducer.OneRow), new RpcCallOptions(CancellationToken: cancellationToken)))
        {
            batch.Dispose();
        }
    }
}
