using System.Globalization;
using OrleansFlow.Benchmarks.Macro.Engines;
using OrleansFlow.Benchmarks.Macro.Wire;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Rpc;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>
/// Rows of a task on one worker process are read by a task on another one, which counts them in its engine. Against one Flight stream of the same kind
/// of batches between two processes (<c>flight-doget</c>).
/// </summary>
/// <param name="isShuffle">Whether the rows are scanned from the engine's table and dealt by hash meanwhile; else they are kept and lie ready.</param>
internal sealed class SqlExchange(bool isShuffle) : Scenario
{
    private const int Partitions = 16;
    private const int WarmUpRounds = 3;
    private const int FlightWarmUpRounds = 8;
    private const double Gigabytes = (double)QueryWorkerPeer.RowCount * QueryWorkerPeer.Columns * sizeof(long) / 1e9;
    private static readonly string[] Types = [.. Enumerable.Repeat("BIGINT", QueryWorkerPeer.Columns)];

    private readonly TimeProvider _clock = TimeProvider.System;
    private QueryWorkerProcess? _from;
    private QueryWorkerProcess? _to;
    private WirePeer? _peer;
    private int _round;

    public override string Name => isShuffle ? "sql-exchange-shuffle" : "sql-exchange";

    public override string Question => isShuffle
        ? $"How fast does a whole shuffle run from worker to worker: scanned, dealt to {Partitions} partitions, sent, counted by the engine?"
        : "How fast do rows that a worker keeps get into the engine of another one?";

    public override string Unit => "GB/s";

    public override string BaselineName => "one Flight stream between two processes (flight-doget), GB/s";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        _from = await QueryWorkerProcess.StartAsync(cancellationToken);
        _to = await QueryWorkerProcess.StartAsync(cancellationToken);
        _peer = await WirePeer.StartAsync(cancellationToken);
        if (!isShuffle)
        {
            await _from.SetAsync(Producer(Query(0)), cancellationToken);
        }

        for (var round = 0; round < WarmUpRounds; round++)
        {
            await MeasureAsync(cancellationToken);
        }

        for (var round = 0; round < FlightWarmUpRounds; round++)
        {
            await MeasureBaselineAsync(cancellationToken);
        }
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var (query, source) = (Query(++_round), Query(isShuffle ? _round : 0));
        var (fromCpu, toCpu) = (await _from!.CpuSecondsAsync(cancellationToken), await _to!.CpuSecondsAsync(cancellationToken));
        var began = _clock.GetTimestamp();
        if (isShuffle)
        {
            await _from.SetAsync(Producer(query), cancellationToken);
        }

        await _to.SetAsync(Consumer(query, source), cancellationToken);
        var rows = await _to.ReadNumberAsync(new TaskKey { QueryId = query, Stage = 2, Attempt = 1 }, cancellationToken);
        var elapsed = _clock.GetElapsedTime(began).TotalSeconds;
        (fromCpu, toCpu) = (await _from.CpuSecondsAsync(cancellationToken) - fromCpu, await _to.CpuSecondsAsync(cancellationToken) - toCpu);
        await _to.CancelAsync(query, cancellationToken);
        if (isShuffle)
        {
            await _from.CancelAsync(query, cancellationToken);
        }

        return rows == QueryWorkerPeer.RowCount
            ? new Sample(Gigabytes / elapsed, CpuSecondsPerGb: toCpu / Gigabytes, PeerCpuSecondsPerGb: fromCpu / Gigabytes)
            : throw new InvalidOperationException($"{rows} rows came.");
    }

    public override async Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        var ticket = FlightTicket.FromText(WireRows.BatchCount.ToString(CultureInfo.InvariantCulture));
        await foreach (var batch in _peer!.Flight.DoGet(ticket, new RpcCallOptions(CancellationToken: cancellationToken)))
        {
            batch.Dispose();
        }

        return WireRows.Bytes / _clock.GetElapsedTime(began).TotalSeconds / 1e9;
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var process in new IAsyncDisposable?[] { _from, _to, _peer }.OfType<IAsyncDisposable>())
        {
            await process.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    private static string Query(int round) => string.Create(CultureInfo.InvariantCulture, $"exchange-{round}");

    private TaskPlan Producer(string query)
    {
        var output = new TaskOutput { PartitionCount = 1, ReaderCount = 1, IsMaterialized = !isShuffle };
        if (isShuffle)
        {
            (output.Dealing, output.PartitionCount) = (TaskOutput.Types.Dealing.Hash, Partitions);
            output.Keys.Add(0);
        }

        return new TaskPlan
        {
            Key = new TaskKey { QueryId = query, Stage = 1, Attempt = 1 },
            Sql = "SELECT c0, c1, c2, c3 FROM numbers",
            ColumnTypes = { Types },
            Outputs = { output },
        };
    }

    private TaskPlan Consumer(string query, string source)
    {
        var range = new OutputRange { Key = new TaskKey { QueryId = source, Stage = 1, Attempt = 1 }, PartitionCount = isShuffle ? Partitions : 1 };
        return new TaskPlan
        {
            Key = new TaskKey { QueryId = query, Stage = 2, Attempt = 1 },
            Sql = "SELECT count(c0) + 0 * (max(c1) + max(c2) + max(c3)) AS c0 FROM i",
            Inputs = { new TaskInput { Name = "i", ColumnTypes = { Types }, Sources = { new InputSource { Location = _from!.Location, Range = range } } } },
        };
    }
}
