using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>Runs plans on workers: asks the query's grain for its turn and for places, and reads the last stage.</summary>
internal sealed class QueryRunner(
    IGrainFactory grains,
    IQueryWorkers workers,
    QueryCalls calls,
    IIdSource ids,
    IOptions<DistributedQueryOptions> options,
    IOptions<SqlGatewayOptions> sql,
    TimeProvider clock,
    ILogger<QueryRun> logger)
{
    // An answer about the turn takes no longer, so that one that is lost on its way does no harm.
    private static readonly TimeSpan TurnWait = TimeSpan.FromSeconds(5);

    // Characters of its text that are kept for listings.
    private const int ShownTextMax = 1_000;

    /// <summary>Starts a query. Dispose the stream: that ends the query wherever it runs.</summary>
    /// <param name="plan">Its stages.</param>
    /// <param name="tables">The tables of its scans, by name; not case-sensitive.</param>
    /// <param name="peers">Workers, at least one.</param>
    /// <param name="text">Its text, for whoever asks what runs.</param>
    /// <param name="caller">Whose it is.</param>
    /// <param name="mode">How it runs.</param>
    /// <param name="meter">Hears what its tasks do.</param>
    /// <param name="cancellationToken">Ends the query, its reading included.</param>
    /// <exception cref="FlowException">As the workers and the grain say; <c>query_lost</c>, <c>worker_lost</c>, <c>limit_exceeded</c>, <c>deadline_exceeded</c>.</exception>
    public async Task<FlightStream> RunAsync(
        DistributedPlan plan,
        IReadOnlyDictionary<string, IQueryTable> tables,
        IReadOnlyList<QueryPeer> peers,
        string text,
        SqlCaller caller,
        QueryMode mode,
        QueryMeter meter,
        CancellationToken cancellationToken)
    {
        var timeLimit = sql.Value.TimeLimit;
        var scans = await SplitAsync(plan, tables, cancellationToken);
        var (id, grain) = await FindGrainAsync(caller, cancellationToken);
        QueryOrders orders;
        var steps = new QuerySteps(VolatileScans.Mark(plan, tables), mode);
        try
        {
            await WaitForTurnAsync(grain, text, caller, cancellationToken);
            orders = await grain.PlaceAsync(
                new QueryPlacing(steps.Begin(), [.. peers.Select(peer => new QueryHost(peer.Id, peer.Cores, peer.RunningTasks))], timeLimit), cancellationToken);
        }
        catch
        {
            await GiveUpAsync(grain);
            throw;
        }

        var run = new QueryRun(
            new QueryContext(id, calls.TokenFor(id, timeLimit + TurnWait), grain, new TaskPlans(id, steps, scans, caller.Headers) { IsProfiled = meter.IsProfile }, steps, plan.Names, timeLimit) { Meter = meter },
            workers,
            calls,
            new QueryPatience(options.Value.CheckInterval, options.Value.WorkerSilenceMax),
            clock,
            logger);
        return await run.StartAsync(orders, peers, cancellationToken);
    }

    private static async Task<IReadOnlyDictionary<StageScan, IQueryScan>> SplitAsync(
        DistributedPlan plan, IReadOnlyDictionary<string, IQueryTable> tables, CancellationToken cancellationToken)
    {
        var scans = new Dictionary<StageScan, IQueryScan>(ReferenceEqualityComparer.Instance);
        foreach (var scan in plan.Stages.SelectMany(stage => stage.Scans))
        {
            scans[scan] = await tables[scan.Table].SplitAsync(scan, cancellationToken);
        }

        return scans;
    }

    /// <summary>A grain that knows no query: of the id that the caller knows, or, when its ticket is redeemed once more, of a new one.</summary>
    private async Task<(string Id, IQueryGrain Grain)> FindGrainAsync(SqlCaller caller, CancellationToken cancellationToken)
    {
        if (caller.QueryId is { } wanted && grains.GetGrain<IQueryGrain>(wanted) is var known && await known.GetAsync(cancellationToken) is null)
        {
            return (wanted, known);
        }

        var id = ids.NewId();
        return (id, grains.GetGrain<IQueryGrain>(id));
    }

    private async Task WaitForTurnAsync(IQueryGrain grain, string text, SqlCaller caller, CancellationToken cancellationToken)
    {
        // Bounded by the tenant's own limit of waiting.
        var request = new QueryTurnRequest(caller.Tenant, options.Value.QueryMemoryBytes)
        {
            Owner = caller.Owner,
            Sql = text.Length <= ShownTextMax ? text : text[..ShownTextMax] + "...",
        };
        while (!(await grain.AdmitAsync(request, TurnWait, cancellationToken)).IsAdmitted)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static async Task GiveUpAsync(IQueryGrain grain)
    {
        try
        {
            await grain.EndAsync(new QueryEnded(FlowErrorCode.Cancelled, "It was given up before it ran."), CancellationToken.None);
        }
        catch (Exception)
        {
            // What led here is the better error; the turn is forgotten when nothing is heard of the query.
        }
    }
}
