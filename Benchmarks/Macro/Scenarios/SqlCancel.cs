using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansFlow.Client.Queries;
using OrleansFlow.Errors;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Silo.Gateway.Sql;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>
/// From the moment in which nobody wants a query any more until no worker process has a task, a row or a file of it: the query is a join that would make hundreds
/// of millions of rows, and is on disk when it is given up. In all four ways: cancelled by its id, its client gone, its LIMIT satisfied, its time over.
/// </summary>
internal sealed class SqlCancel : Scenario
{
    private const int WorkerCount = 2;
    private const int QueriesOfAWay = 3;
    private const int LimitRows = 5;
    private const double GoalMs = 2_000;
    private const string Table = "create table facts as select range as id, 'name ' || (range % 5) as name, (range * 7919) % 1000 as value from range(60000)";
    private const string Endless = "select a.id, b.id as other, a.value from facts a join facts b on a.name = b.name where a.value + b.value <> 7";

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LookMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);

    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly BenchSilo _silo = new();
    private readonly Dictionary<string, double> _parts = new(StringComparer.Ordinal);

    public override string Name => "sql-cancel";

    public override string Question => "How long after nobody wants a query is nothing of it left at any worker process?";

    public override string Unit => "ms";

    public override bool HigherIsBetter => false;

    public override string BaselineName => "the goal, ms";

    public override IReadOnlyDictionary<string, double> Parts => _parts;

    public override IReadOnlyDictionary<string, double> BaselineParts => _parts.ToDictionary(part => part.Key, _ => GoalMs);

    private string SpillFolder => Path.Combine(_silo.Folder, "spill");

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        await _silo.StartAsync(
            options =>
            {
                options.WorkerSlots = 0;
                options.ConfigureServices = services => services.Configure<DistributedQueryOptions>(queries =>
                    (queries.BytesPerTask, queries.BroadcastBytesMax, queries.KeepsRows) = (1, 0, true));
            },
            cancellationToken);
        var settings = new Dictionary<string, string>
        {
            ["OrleansFlow__Worker__Queries__SpillFolder"] = SpillFolder,
            ["OrleansFlow__Worker__Queries__EngineThreads"] = "1",
            ["OrleansFlow__Worker__Queries__MaterializedMemoryBytes"] = (1 << 20).ToString(CultureInfo.InvariantCulture),
        };
        for (var worker = 0; worker < WorkerCount; worker++)
        {
            await _silo.AddWorkerAsync(typeof(SqlCancel).Assembly.Location, NoOpWorker.Argument, slots: 1, settings, cancellationToken);
        }

        await _silo.Client.UpdateAsync(Table, cancellationToken);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var all = new List<double>();
        foreach (var (way, endAsync) in (IEnumerable<(string, Func<CancellationToken, Task<long>>)>)[("cancelled", CancelAsync), ("client gone", LeaveAsync), ("limit satisfied", LimitAsync), ("time over", ExpireAsync)])
        {
            var times = new List<double>();
            for (var number = 0; number < QueriesOfAWay; number++)
            {
                var since = await endAsync(cancellationToken);
                await UntilAsync(IsCleanAsync, cancellationToken);
                times.Add(_clock.GetElapsedTime(since).TotalMilliseconds);
            }

            _parts[way] = times.Max();
            all.AddRange(times);
        }

        return new Sample(all.Order().ElementAt(all.Count / 2), [.. all]);
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) => Task.FromResult(GoalMs);

    public override async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        await base.DisposeAsync();
    }

    private async Task<long> CancelAsync(CancellationToken cancellationToken)
    {
        var query = _silo.Client.Query(Endless);
        var reading = ReadAsync(query, cancellationToken);
        await UntilAsync(IsSpillingAsync, cancellationToken);
        var since = _clock.GetTimestamp();
        await query.CancelAsync(cancellationToken);
        await reading;
        return since;
    }

    private async Task<long> LeaveAsync(CancellationToken cancellationToken)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = ReadAsync(_silo.Client.Query(Endless), leaving.Token);
        await UntilAsync(IsSpillingAsync, cancellationToken);
        var since = _clock.GetTimestamp();
        await leaving.CancelAsync();
        await reading;
        return since;
    }

    private async Task<long> LimitAsync(CancellationToken cancellationToken)
    {
        // From the last row on, and not from the end of the stream: that may have waited for the workers.
        var rows = 0L;
        var since = 0L;
        await foreach (var batch in _silo.Client.Query(FormattableString.Invariant($"{Endless} limit {LimitRows}")).WithCancellation(cancellationToken))
        {
            rows += batch.RowCount;
            since = _clock.GetTimestamp();
            batch.Dispose();
        }

        return rows == LimitRows ? since : throw new InvalidOperationException($"{rows} rows came, and {LimitRows} were asked for.");
    }

    private async Task<long> ExpireAsync(CancellationToken cancellationToken)
    {
        var options = _silo.Silo.Services.GetRequiredService<IOptions<SqlGatewayOptions>>().Value;
        var before = options.TimeLimit;
        options.TimeLimit = Deadline;
        try
        {
            // Its time begins a little later, when it is placed: what is measured is more rather than less.
            var begun = _clock.GetTimestamp();
            await ReadAsync(_silo.Client.Query(Endless), cancellationToken);
            return begun + (long)(Deadline.TotalSeconds * _clock.TimestampFrequency);
        }
        finally
        {
            options.TimeLimit = before;
        }
    }

    private static async Task ReadAsync(FlowQuery query, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var batch in query.WithCancellation(cancellationToken))
            {
                batch.Dispose();
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or FlowException { Code: FlowErrorCode.Cancelled or FlowErrorCode.DeadlineExceeded })
        {
            // As it was meant to end.
        }
    }

    private async Task UntilAsync(Func<CancellationToken, Task<bool>> isItAsync, CancellationToken cancellationToken)
    {
        var since = _clock.GetTimestamp();
        while (!await isItAsync(cancellationToken))
        {
            if (_clock.GetElapsedTime(since) > LookMax)
            {
                throw new InvalidOperationException($"After {LookMax} it is still not so. Running: {string.Join("; ", await InfosAsync(cancellationToken))}; files: {Files().Count()}.");
            }

            await Task.Delay(Look, _clock, cancellationToken);
        }
    }

    private async Task<bool> IsSpillingAsync(CancellationToken cancellationToken) => Files().Any() && (await InfosAsync(cancellationToken)).All(info => info.RunningTasks > 0);

    private async Task<bool> IsCleanAsync(CancellationToken cancellationToken) =>
        (await InfosAsync(cancellationToken)).All(info => info is { RunningTasks: 0, KeptTasks: 0, KeptBytes: 0 }) && !Files().Any();

    private async Task<IReadOnlyList<Protocol.Queries.V1.WorkerInfo>> InfosAsync(CancellationToken cancellationToken)
    {
        var services = _silo.Silo.Services;
        var calls = services.GetRequiredService<QueryCalls>();
        var infos = new List<Protocol.Queries.V1.WorkerInfo>();
        foreach (var peer in await services.GetRequiredService<IQueryWorkers>().ListAsync(cancellationToken))
        {
            infos.Add(await calls.FindInfoAsync(peer.Location, calls.TokenFor("sql-cancel", TimeSpan.FromMinutes(1)), cancellationToken)
                ?? throw new InvalidOperationException($"Worker '{peer.Id}' says nothing of itself."));
        }

        return infos.Count == WorkerCount ? infos : throw new InvalidOperationException($"{infos.Count} workers of {WorkerCount} run queries.");
    }

    /// <summary>What outputs and engines have on disk; the lock of a worker's folder stays while it lives.</summary>
    private IEnumerable<string> Files() =>
        Directory.Exists(SpillFolder) ? Directory.EnumerateFiles(SpillFolder, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "lock") : [];
}
