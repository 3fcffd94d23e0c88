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

    /// <summary>Starts a query. Dispose the stream: that ends the query wherever it runs.</summary>
    /// <param name="plan">Its stages.</param>
    /// <param name="tables">The tables of its scans, by name; not case-sensitive.</param>
    /// <param name="peers">Workers, at least one.</param>
    /// <param name="headers">What the caller sent along.</param>
    /// <param name="cancellationToken">Ends the query, its reading included.</param>
    /// <exception cref="FlowException">As the workers and the grain say; <c>query_lost</c>, <c>worker_lost</c>, <c>limit_exceeded</c>, <c>deadline_exceeded</c>.</exception>
    public async Task<FlightStream> RunAsync(
        DistributedPlan plan,
        IReadOnlyDictionary<string, IQueryTable> tables,
        IReadOnlyList<QueryPeer> peers,
        IReadOnlyDictionary<string, string> headers,
        CancellationToken cancellationToken)
    {
        var id = ids.NewId();
        var timeLimit = sql.Value.TimeLimit;
        var scans = await SplitAsync(plan, tables, cancellationToken);
        var grain = grains.GetGrain<IQueryGrain>(id);
        QueryOrders orders;
        var plans = new TaskPlans(id, plan, scans, headers, options.Value.KeepsRows);
        try
        {
            await WaitForTurnAsync(grain, cancellationToken);
            orders = await grain.PlaceAsync(
                new QueryPlacing(plans.Stages(), [.. peers.Select(peer => new QueryHost(peer.Id, peer.Cores, peer.RunningTasks))], timeLimit), cancellationToken);
        }
        catch
        {
            await GiveUpAsync(grain);
            throw;
        }

        var run = new QueryRun(
            new QueryContext(id, calls.TokenFor(id, timeLimit + TurnWait), grain, plans, plan.Names, timeLimit), workers, calls, options.Value.CheckInterval, clock, logger);
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

    private async Task WaitForTurnAsync(IQueryGrain grain, CancellationToken cancellationToken)
    {
        // Bounded by the tenant's own limit of waiting.
        var request = new QueryTurnRequest(IQueryTenantGrain.DefaultTenant, options.Value.QueryMemoryBytes);
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

/// <summary>What one query is.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Token">The right to run and read it at workers.</param>
/// <param name="Grain">Who decides about it.</param>
/// <param name="Plans">Its tasks.</param>
/// <param name="Names">Names of the result's columns.</param>
/// <param name="TimeLimit">From its placement on.</param>
internal sealed record QueryContext(string Id, string Token, IQueryGrain Grain, TaskPlans Plans, IReadOnlyList<string> Names, TimeSpan TimeLimit);
