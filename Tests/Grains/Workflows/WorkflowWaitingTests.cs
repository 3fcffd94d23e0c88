using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Grains.Workflows;

/// <summary>Goal: a run whose step waits for a worker costs nothing, is listed, and is found again; one that kills its workers ends.</summary>
public sealed class WorkflowWaitingTests
{
    private const int Watchdog = 60_000;
    private const string Role = "workflow.flow.1";

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_ForWhoseStepNoWorkerComes_LeavesMemory_AndIsFoundByItsQueue(bool crash)
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        var run = await WorkflowRuns.StartAsync(cluster, "r");
        var line = await WhenParkedAsync(cluster);
        var nowUtc = cluster.Clock.GetUtcNow();
        Assert.Equal(WorkflowRunStatus.Running, line.Status);
        Assert.InRange(line.WakeUtc!.Value, nowUtc.AddMinutes(59), nowUtc.AddHours(1));
        if (crash)
        {
            await cluster.CrashAsync();
        }
        else
        {
            await cluster.WhenDeactivatedAsync(run);
        }

        Assert.False(cluster.IsActive(run));
        var worker = new TestWorker(cluster, "w1", 1, [Role]) { RoleVersions = { [Role] = WorkflowRuns.Flow.Hash } };
        await worker.RegisterAsync();
        var lease = await cluster.AdvanceUntilAsync(worker.NextOfferAsync(), TimeSpan.FromSeconds(5), worker);
        Assert.Null((await LineAsync(cluster)).WakeUtc);
        var next = (await WorkflowRuns.CompleteAsync(run, lease, WorkflowRuns.Next(1, "2"))).Next!;
        await WorkflowRuns.CompleteAsync(run, next, WorkflowRuns.Output("3"));

        Assert.Equal(WorkflowRunStatus.Completed, (await run.GetAsync(FlowCluster.Token))!.Status);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Run_ThatWaitsForAWorkerForHours_IsReadOnceAnHour()
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        var run = await WorkflowRuns.StartAsync(cluster, "r");
        var line = await WhenParkedAsync(cluster);
        await cluster.WhenDeactivatedAsync(run);
        var reads = 0;
        cluster.Storage.BeforeRead = name =>
        {
            Interlocked.Add(ref reads, name == "wf-log-0000000000" ? 1 : 0);
            return Task.CompletedTask;
        };

        await cluster.AdvanceUntilAsync(PassAsync(cluster, TimeSpan.FromMinutes(50)), TimeSpan.FromSeconds(15));
        Assert.Equal(0, reads);
        var again = await WhenParkedAsync(cluster, line.WakeUtc!.Value);
        await cluster.WhenDeactivatedAsync(run);

        Assert.Equal(1, reads);
        Assert.InRange(again.WakeUtc!.Value, line.WakeUtc!.Value.AddMinutes(60), line.WakeUtc.Value.AddMinutes(62));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_ThatIsAskedOrChanged_StaysInMemoryUntilItHasAnswered(bool isUpdate)
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true, configure: (silo, client) =>
        {
            silo?.Configure<SiloMessagingOptions>(static calls => calls.ResponseTimeout = TimeSpan.FromDays(30));
            client?.Configure<ClientMessagingOptions>(static calls => calls.ResponseTimeout = TimeSpan.FromDays(30));
        });
        var flow = WorkflowRuns.Flow with { Queries = ["total"], Updates = ["add"] };
        var run = await WorkflowRuns.StartAsync(cluster, "r", flow);
        var answer = isUpdate ? run.UpdateAsync("add", Payload.FromJson("1"), "u1", FlowCluster.Token) : run.QueryAsync("total", default, FlowCluster.Token);

        // No worker comes, so the run rests as far as the index can see.
        await WhenParkedAsync(cluster);
        var worker = new TestWorker(cluster, "w1", 1, [Role]) { RoleVersions = { [Role] = flow.Hash } };
        await worker.RegisterAsync();
        var lease = await cluster.AdvanceUntilAsync(worker.NextOfferAsync(), TimeSpan.FromSeconds(5), worker);
        Assert.True((await WorkflowRuns.CompleteAsync(run, lease, new StepOutcome { Result = Payload.FromJson("7") })).Accepted);

        Assert.Equal("7", (await answer).ToString());
    }

    /// <summary>The tasks' own bound: see <c>TakeoverTests</c>.</summary>
    [Theory(Timeout = Watchdog)]
    [InlineData("connection_lost")]
    [InlineData("worker_restarted")]
    [InlineData("lease_expired")]
    public async Task Step_ThatLosesMoreWorkersThanItMay_FailsWithTheCodeOfTasks(string reason)
    {
        await using var cluster = await FlowCluster.StartAsync(configure: (silo, _) => silo?.Services.Configure<LeaseOptions>(options => options.MaxTakeovers = 2));
        var run = await WorkflowRuns.StartAsync(cluster, "r");
        for (var takeover = 0; takeover < 2; takeover++)
        {
            await run.RevokeManyAsync([(await WorkflowRuns.GrantAsync(run, "r", 1)).Token], reason, FlowCluster.Token);
            Assert.Equal(WorkflowRunStatus.Running, (await run.GetAsync(FlowCluster.Token))!.Status);
        }

        // What was taken from its worker is no loss of it.
        await run.RevokeManyAsync([(await WorkflowRuns.GrantAsync(run, "r", 1)).Token], "drain", FlowCluster.Token);
        Assert.Equal(WorkflowRunStatus.Running, (await run.GetAsync(FlowCluster.Token))!.Status);

        await run.RevokeManyAsync([(await WorkflowRuns.GrantAsync(run, "r", 1)).Token], reason, FlowCluster.Token);

        var ended = (await run.GetAsync(FlowCluster.Token))!;
        Assert.Equal((WorkflowRunStatus.Failed, FlowErrorCode.TooManyTakeovers), (ended.Status, ended.FailureCode));
        Assert.Contains($"Its worker was lost 3 times (the last was 'w1': {reason}); max_takeovers allows 2.", ended.Failure, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Step_OfARoleWithABoundOfItsOwn_FailsByThat_AndTheFirstLossCounts()
    {
        await using var cluster = await FlowCluster.StartAsync(configure: (silo, _) => silo?.Services.Configure<LeaseOptions>(options =>
        {
            options.MaxTakeovers = 5;
            options.Roles[Role] = new RoleLeaseOptions { MaxTakeovers = 0 };
        }));
        var run = await WorkflowRuns.StartAsync(cluster, "r");

        await run.RevokeManyAsync([(await WorkflowRuns.GrantAsync(run, "r", 1)).Token], "connection_lost", FlowCluster.Token);

        Assert.Equal(FlowErrorCode.TooManyTakeovers, (await run.GetAsync(FlowCluster.Token))!.FailureCode);
    }

    private static async Task<WorkflowLine> LineAsync(FlowCluster cluster)
    {
        var shard = cluster.Grains.GetGrain<IWorkflowIndexGrain>(WorkflowShards.KeyOf(new RunId("r")));
        return Assert.Single(await shard.ListAsync(new WorkflowFilter(), null, 10, FlowCluster.Token));
    }

    private static async Task<bool> PassAsync(FlowCluster cluster, TimeSpan time)
    {
        await Task.Delay(time, cluster.Clock, FlowCluster.Token);
        return true;
    }

    /// <summary>The line once the run is parked until a later time than one that is known.</summary>
    private static async Task<WorkflowLine> WhenParkedAsync(FlowCluster cluster, DateTimeOffset after = default)
    {
        while (true)
        {
            var line = await LineAsync(cluster);

            // One that could not be woken is tried again within seconds.
            if (line.WakeUtc > after && line.WakeUtc > cluster.Clock.GetUtcNow().AddMinutes(30))
            {
                return line;
            }

            // Time stands while the shard is asked.
            await cluster.AdvanceUntilAsync(PassAsync(cluster, TimeSpan.FromSeconds(10)), TimeSpan.FromSeconds(2));
        }
    }
}
