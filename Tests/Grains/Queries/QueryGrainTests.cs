using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Errors;
using OrleansFlow.Queries;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Queries;

/// <summary>Goal: a query gets its turn, keeps track of its tasks in memory alone, and gives its turn back however it ends.</summary>
public sealed class QueryGrainTests
{
    private const int Watchdog = 60_000;

    private static readonly QueryTurnRequest Request = new(IQueryTenantGrain.DefaultTenant, 1 << 20);
    private static readonly QueryPlacing TwoStages = new(
        [new QueryStagePlan(2, [], []), new QueryStagePlan(1, [new QueryStageLink(0, IsKept: true, IsGrouped: false, 0, 1)], [])],
        [new QueryHost("a", 1, 0), new QueryHost("b", 1, 0)],
        TimeSpan.FromMinutes(1));

    [Fact(Timeout = Watchdog)]
    public async Task LostWorker_IsReported_AndItsTasksRunElsewhere()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var grain = await PlacedAsync(cluster, "q");

        var orders = await grain.ReportAsync(new QueryReport { Finished = [new(0, 0, 1), new(0, 1, 1)], Lost = [new QueryLoss("b", "gone")] }, FlowCluster.Token);

        Assert.Equal(["b"], orders.Lost);
        Assert.All(orders.ToSet, one => Assert.Equal((2, "a"), (one.Attempt.Attempt, one.Worker)));
        Assert.Contains(new QueryAttempt(0, 1, 2), orders.ToSet.Select(one => one.Attempt));
        var view = (await grain.GetAsync(FlowCluster.Token))!;
        Assert.Equal([new QueryStageView(2, 1), new QueryStageView(1, 0)], view.Stages);
        Assert.Equal(orders.ToSet.Count, view.RetryCount);
    }

    [Fact(Timeout = Watchdog)]
    public async Task HeldStage_GetsItsTasksOnce_WhenItIsReleased()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IQueryGrain>("held");
        await grain.AdmitAsync(Request, TimeSpan.Zero, FlowCluster.Token);
        QueryStageLink all = new(0, IsKept: true, IsGrouped: false, 0, 1);
        var placed = await grain.PlaceAsync(TwoStages with { Stages = [TwoStages.Stages[0], new QueryStagePlan(0, [all], [])] }, FlowCluster.Token);
        QueryStageRelease[] releases = [new(1, new QueryStagePlan(1, [all with { Reads = [new QueryProducers(0, 2)] }], []))];

        var released = await grain.ReleaseAsync(releases, FlowCluster.Token);

        Assert.Equal([new QueryAttempt(0, 0, 1), new QueryAttempt(0, 1, 1)], placed.ToSet.Select(one => one.Attempt));
        Assert.Equal([new QueryAttempt(1, 0, 1)], released.ToSet.Select(one => one.Attempt));
        Assert.Equal(FlowErrorCode.BadInput, (await Assert.ThrowsAsync<FlowException>(() => grain.ReleaseAsync(releases, FlowCluster.Token))).Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Query_WhoseSiloIsGone_IsLost()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var grain = await PlacedAsync(cluster, "q");

        await cluster.CrashAsync();

        var lost = await Assert.ThrowsAsync<FlowException>(() => grain.ReportAsync(new QueryReport(), FlowCluster.Token));
        Assert.Equal((FlowErrorCode.QueryLost, RetryAdvice.Later), (lost.Code, lost.Kind.Retry));
        Assert.Equal(FlowErrorCode.QueryLost, (await Assert.ThrowsAsync<FlowException>(() => grain.PlaceAsync(TwoStages, FlowCluster.Token))).Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Query_ThatWaits_IsToldItsPlaceAndGetsItsTurn()
    {
        await using var cluster = await OneAtATimeAsync();
        var first = await PlacedAsync(cluster, "first");
        var second = cluster.Grains.GetGrain<IQueryGrain>("second");

        Assert.Equal(new QueryTurn(false, 1), await second.AdmitAsync(Request, TimeSpan.Zero, FlowCluster.Token));
        var waiting = second.AdmitAsync(Request, TimeSpan.FromSeconds(20), FlowCluster.Token);
        await first.EndAsync(new QueryEnded(null, ""), FlowCluster.Token);

        Assert.True((await waiting).IsAdmitted);
        Assert.Equal(["second"], (await TenantOf(cluster).ListAsync(FlowCluster.Token)).Running);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Query_BeyondTheQueue_IsRefused()
    {
        await using var cluster = await OneAtATimeAsync();
        await PlacedAsync(cluster, "first");
        await cluster.Grains.GetGrain<IQueryGrain>("second").AdmitAsync(Request, TimeSpan.Zero, FlowCluster.Token);

        var refused = await Assert.ThrowsAsync<FlowException>(() => cluster.Grains.GetGrain<IQueryGrain>("third").AdmitAsync(Request, TimeSpan.Zero, FlowCluster.Token));

        Assert.Equal(FlowErrorCode.LimitExceeded, refused.Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Query_ThatIsCancelled_TellsItsGateway()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var grain = await PlacedAsync(cluster, "q");

        await grain.CancelAsync("no longer wanted", FlowCluster.Token);

        var orders = await grain.ReportAsync(new QueryReport { Failed = [new(new(0, 0, 1), FlowErrorCode.WorkerLost, "gone", null)] }, FlowCluster.Token);
        Assert.Equal(new QueryEnded(FlowErrorCode.Cancelled, "no longer wanted"), orders.End);
        Assert.False(await grain.BeginDeliveryAsync(1, FlowCluster.Token));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Query_WhoseGatewayIsGone_GivesItsTurnBack()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var grain = await PlacedAsync(cluster, "q");

        // Time stands while they are asked: a call has a limit by this clock, too.
        while ((await grain.GetAsync(FlowCluster.Token))!.End is null || (await TenantOf(cluster).ListAsync(FlowCluster.Token)).Running.Count > 0)
        {
            cluster.Clock.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.Equal(FlowErrorCode.QueryLost, (await grain.GetAsync(FlowCluster.Token))!.End?.Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Deadline_ThatPasses_EndsTheQueryAtItsNextReport()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var grain = await PlacedAsync(cluster, "q");

        for (var second = 0; second < 60; second += 5)
        {
            Assert.Null((await grain.ReportAsync(new QueryReport(), FlowCluster.Token)).End);
            cluster.Clock.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.Equal(FlowErrorCode.DeadlineExceeded, (await grain.ReportAsync(new QueryReport(), FlowCluster.Token)).End?.Code);
    }

    [Theory]
    [InlineData(nameof(DistributedQueryOptions.ConcurrentMax), 0)]
    [InlineData(nameof(DistributedQueryOptions.AttemptsMax), 101)]
    [InlineData(nameof(DistributedQueryOptions.QueuedMax), -1)]
    public void Option_OutOfItsRange_IsNamed(string key, int value)
    {
        var options = new DistributedQueryOptions();
        typeof(DistributedQueryOptions).GetProperty(key)!.SetValue(options, value);

        var fault = Assert.Single(options.Validate(new System.ComponentModel.DataAnnotations.ValidationContext(options)));

        Assert.StartsWith($"OrleansFlow:Queries:{key} is {value}; use ", fault.ErrorMessage, StringComparison.Ordinal);
    }

    private static Task<FlowCluster> OneAtATimeAsync() => FlowCluster.StartAsync(
        configure: (silo, _) => silo?.Services.Configure<DistributedQueryOptions>(options => (options.ConcurrentMax, options.QueuedMax) = (1, 1)));

    private static IQueryTenantGrain TenantOf(FlowCluster cluster) => cluster.Grains.GetGrain<IQueryTenantGrain>(IQueryTenantGrain.DefaultTenant);

    private static async Task<IQueryGrain> PlacedAsync(FlowCluster cluster, string id)
    {
        var grain = cluster.Grains.GetGrain<IQueryGrain>(id);
        Assert.True((await grain.AdmitAsync(Request, TimeSpan.Zero, FlowCluster.Token)).IsAdmitted);
        var orders = await grain.PlaceAsync(TwoStages, FlowCluster.Token);
        Assert.Equal(["a", "b"], orders.ToSet.Take(2).Select(one => one.Worker));
        return grain;
    }
}
