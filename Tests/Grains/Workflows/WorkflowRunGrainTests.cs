using OrleansFlow.Errors;
using OrleansFlow.Retention;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Grains.Workflows;

/// <summary>A run of a workflow as its grain keeps it: started once, leased under epochs, read again after a crash, deleted for good.</summary>
public sealed class WorkflowRunGrainTests
{
    private const int Watchdog = 60_000;

    [Fact(Timeout = Watchdog)]
    public async Task Start_SentAgain_IsTheSameRun_AndWithOtherContentAnError()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var run = await WorkflowRuns.StartAsync(cluster, "r1");

        Assert.False(await run.StartAsync(WorkflowRuns.Begin("1"), FlowCluster.Token));
        var other = await Assert.ThrowsAsync<FlowException>(() => run.StartAsync(WorkflowRuns.Begin("2"), FlowCluster.Token));
        Assert.Equal(FlowErrorCode.AlreadyExists, other.Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Start_OfADefinitionThatNobodyRegistered_IsRefused_AndThereIsNoRun()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var run = cluster.Grains.GetGrain<IWorkflowRunGrain>("r1");

        var unknown = await Assert.ThrowsAsync<FlowException>(() => run.StartAsync(new WorkflowStart { Workflow = "nobody", Version = 3 }, FlowCluster.Token));
        Assert.Equal(FlowErrorCode.UnknownDefinition, unknown.Code);
        Assert.Null(await run.GetAsync(FlowCluster.Token));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Definition_WithOtherContentUnderAKnownVersion_IsRefused()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await WorkflowRuns.StartAsync(cluster, "r1");
        var changed = WorkflowRuns.Flow with { Output = OrleansFlow.Workflows.Definitions.OutputRule.Last };

        var refused = await Assert.ThrowsAsync<FlowException>(() => cluster.Grains.GetGrain<IWorkflowDefinitionGrain>(WorkflowDefinitionKeys.Of("flow", 1))
            .RegisterAsync(new Payload(changed.ToUtf8()), FlowCluster.Token));
        Assert.Equal(FlowErrorCode.AlreadyExists, refused.Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Definition_WithAQueryAndAnUpdateMore_NeedsNoNewVersion_AndRunsThatAreUnderWayHaveThem()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var run = await WorkflowRuns.StartAsync(cluster, "r1");
        var definition = cluster.Grains.GetGrain<IWorkflowDefinitionGrain>(WorkflowDefinitionKeys.Of("flow", 1));
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => run.UpdateAsync("add", default, "u1", FlowCluster.Token))).Code);

        Assert.False(await definition.RegisterAsync(new Payload((WorkflowRuns.Flow with { Queries = ["total"], Updates = ["add"] }).ToUtf8()), FlowCluster.Token));
        Assert.False(await definition.RegisterAsync(new Payload((WorkflowRuns.Flow with { Queries = ["weight"] }).ToUtf8()), FlowCluster.Token));

        // A build that has fewer takes none away: what another one answers is not refused.
        var kept = OrleansFlow.Workflows.Definitions.CompiledWorkflow.Parse((await definition.GetAsync(FlowCluster.Token)).Utf8.Span);
        Assert.Equal(["total", "weight"], kept.Queries);
        Assert.Equal(["add"], kept.Updates);
        var updated = run.UpdateAsync("add", Payload.FromJson("1"), "u1", FlowCluster.Token);
        while ((await run.GetItemsAsync(1, 10, FlowCluster.Token)).Count == 0)
        {
            await Task.Yield();
        }

        var update = await WorkflowRuns.GrantAsync(run, "r1", 2);
        await WorkflowRuns.CompleteAsync(run, update, new StepOutcome { Result = Payload.FromJson("7") });
        Assert.Equal("7", (await updated).ToString());

        await cluster.CrashAsync();
        Assert.Equal(WorkflowRunStatus.Running, (await run.GetAsync(FlowCluster.Token))!.Status);
        Assert.Contains(
            "it has [total, weight]", (await Assert.ThrowsAsync<FlowException>(() => run.QueryAsync("nothing", default, FlowCluster.Token))).Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReceiptOfAStep_CarriesTheLeaseOfTheNext_InTheSameCommit(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var run = await WorkflowRuns.StartAsync(cluster, "r1");
        var first = await WorkflowRuns.GrantAsync(run, "r1", 1);
        var rows = cluster.Storage.Names(run.GetGrainId()).Count;

        var receipt = await WorkflowRuns.CompleteAsync(run, first, WorkflowRuns.Next(1, "2"));

        Assert.Equal((true, "r1/~/2"), (receipt.Accepted, receipt.Next?.Token.TaskId.Value));
        Assert.Equal(rows + 1, cluster.Storage.Names(run.GetGrainId()).Count);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Step_UnderARevokedLease_IsRefused_AndTheItemIsPendingWithTheNextEpoch()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var run = await WorkflowRuns.StartAsync(cluster, "r1");
        var lost = await WorkflowRuns.GrantAsync(run, "r1", 1);
        await run.RevokeManyAsync([lost.Token], "connection_lost", FlowCluster.Token);
        var second = await WorkflowRuns.GrantAsync(run, "r1", 1);

        var late = await WorkflowRuns.CompleteAsync(run, lost, WorkflowRuns.Next(1, "2"));

        Assert.Equal((false, "lease_lost"), (late.Accepted, late.RefusedReason));
        Assert.Equal((1, true), (second.Attempt, second.Token.Epoch > lost.Token.Epoch));
        Assert.Equal(0, (await run.GetAsync(FlowCluster.Token))!.Steps);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_ReadAgainAfterACrash_GoesOnWithTheLeaseThatStands(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var run = await WorkflowRuns.StartAsync(cluster, "r1");
        var first = await WorkflowRuns.GrantAsync(run, "r1", 1);
        var second = (await WorkflowRuns.CompleteAsync(run, first, WorkflowRuns.Next(1, "2"))).Next!;
        await cluster.CrashAsync();

        Assert.Equal([true], await run.RenewManyAsync([new LeaseRenewal(second.Token)], WorkflowRuns.Worker, "s2", FlowCluster.Token));
        Assert.True((await WorkflowRuns.CompleteAsync(run, second, WorkflowRuns.Output("3"))).Accepted);

        var ended = await run.GetAsync(FlowCluster.Token);
        Assert.Equal((WorkflowRunStatus.Completed, "3", 2L), (ended!.Status, ended.Output.ToString(), ended.Steps));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Outcome_ThatTheDefinitionDoesNotAllow_FailsTheItemForGood()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var run = await WorkflowRuns.StartAsync(cluster, "r1");
        var first = await WorkflowRuns.GrantAsync(run, "r1", 1);

        Assert.True((await WorkflowRuns.CompleteAsync(run, first, WorkflowRuns.Output("3"))).Accepted);

        var ended = await run.GetAsync(FlowCluster.Token);
        Assert.Equal((WorkflowRunStatus.Failed, FlowErrorCode.BadInput), (ended!.Status, ended.FailureCode));
    }

    [Fact(Timeout = Watchdog)]
    public async Task QueryOrUpdate_ThatTheVersionDoesNotHave_IsNotFound_AndNoWorkerIsAsked()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var run = await WorkflowRuns.StartAsync(cluster, "r1");

        var query = await Assert.ThrowsAsync<FlowException>(() => run.QueryAsync("total", default, FlowCluster.Token));
        var update = await Assert.ThrowsAsync<FlowException>(() => run.UpdateAsync("rename", default, "u1", FlowCluster.Token));

        Assert.Equal((FlowErrorCode.NotFound, FlowErrorCode.NotFound), (query.Code, update.Code));
        Assert.Equal(1, (await run.GetAsync(FlowCluster.Token))!.PendingItems);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Retention_DeletesEndedRunsThatAreOld_AndALaterRunOfTheIdTakesNoStepOfTheOld(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var run = await WorkflowRuns.StartAsync(cluster, "old");
        var first = await WorkflowRuns.GrantAsync(run, "old", 1);
        var second = (await WorkflowRuns.CompleteAsync(run, first, WorkflowRuns.Next(1, "2"))).Next!;
        await WorkflowRuns.CompleteAsync(run, second, WorkflowRuns.Output("3"));
        var live = await WorkflowRuns.StartAsync(cluster, "live");

        // The news of the end are written with the next ones.
        cluster.Clock.Advance(TimeSpan.FromSeconds(1));
        cluster.Clock.Advance(TimeSpan.FromDays(31));
        var report = await cluster.Grains.GetGrain<IRetentionGrain>(IRetentionGrain.Key).SweepAsync(FlowCluster.Token);

        Assert.Equal((1, 0), (report.DeletedRuns, report.FailedRuns));
        Assert.Null(await run.GetAsync(FlowCluster.Token));
        Assert.NotNull(await live.GetAsync(FlowCluster.Token));
        Assert.Single(cluster.Storage.Names(run.GetGrainId()));
        Assert.True(await run.StartAsync(WorkflowRuns.Begin("1"), FlowCluster.Token));
        var again = await WorkflowRuns.GrantAsync(run, "old", 1);
        Assert.False((await WorkflowRuns.CompleteAsync(run, first, WorkflowRuns.Next(1, "2"))).Accepted);
        Assert.True((await WorkflowRuns.CompleteAsync(run, again, WorkflowRuns.Next(1, "2"))).Accepted);
    }
}
