using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Grains.Workflows;

/// <summary>Goal: a run that goes on for ever by continuing as new keeps a log that is bounded, reads as one history, and can be gone back in; a child that is ordered again is one run.</summary>
public sealed class WorkflowLinksTests
{
    private const int Watchdog = 60_000;

    private static readonly StepOutcome AsNew = new() { ContinueAsNew = new NewRun(Payload.FromJson("1")) };

    private static readonly StepOutcome WithChild = new()
    {
        Children = [new ChildOrder { Id = "kid", Workflow = "flow", Version = 1, Input = Payload.FromJson("1"), Await = true, CancelWithParent = true }],
    };

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_ThatContinuesAsNew_KeepsItsNewestLinks_AsOneHistory(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var run = await WorkflowRuns.StartAsync(cluster, "r1", WorkflowRuns.Loop);
        var item = 1L;
        for (var link = 1; link <= 6; link++)
        {
            await StepAsync(WorkflowRuns.Next(0, "2"));
            await StepAsync(AsNew);
            await AssertReadsAsync(link);
        }

        await cluster.CrashAsync();
        await AssertReadsAsync(6);

        // The second step of the link before the newest one, and everything after it, is done once more.
        var view = await run.SteerAsync(new WorkflowSteering(WorkflowSteer.Reset, "again", item - 2), FlowCluster.Token);
        Assert.Equal(WorkflowRunStatus.Running, view.Status);
        Assert.Equal([item - 2], (await run.GetItemsAsync(0, 10, FlowCluster.Token)).Select(live => live.Item));
        await AssertReadsAsync(6);

        await run.SteerAsync(new WorkflowSteering(WorkflowSteer.Cancel), FlowCluster.Token);
        await run.DeleteAsync(FlowCluster.Token);
        Assert.Equal(["wf-log-0000000000"], cluster.Storage.Names(run.GetGrainId()));

        async Task StepAsync(StepOutcome outcome)
        {
            await WorkflowRuns.CompleteAsync(run, await LeaseAsync(), outcome);
            item++;
        }

        async Task<LeaseGrant> LeaseAsync()
        {
            // The worker that did the step before may have the item already: it gives it back.
            if ((await run.GetItemsAsync(item - 1, 1, FlowCluster.Token)) is [{ Status: WorkItemStatus.InProgress } held])
            {
                await run.RevokeManyAsync([new LeaseToken(TaskId.OfWorkflow(new RunId("r1"), item), held.Epoch)], "drain", FlowCluster.Token);
            }

            return await WorkflowRuns.GrantAsync(run, "r1", item);
        }

        async Task AssertReadsAsync(int link)
        {
            var page = await run.GetHistoryAsync(-1, 1_000, FlowCluster.Token);
            var from = page.From.IsDefault ? WorkflowRunState.None(WorkflowRuns.Loop) : WorkflowRunJson.Read(page.From.Utf8.Span);
            Assert.Equal((link > 2, Math.Max(0, link - 3)), (!page.From.IsDefault, from.Link));
            var read = WorkflowRunDecider.ApplyAll(from, page.Commits.SelectMany(commit => WorkflowEventJson.Read(commit.Utf8)));
            Assert.Equal((await run.GetStateAsync(FlowCluster.Token)).ToString(), new Payload(WorkflowRunJson.Write(read)).ToString());
            Assert.Equal(link, read.Link);
            while (cluster.Storage.Names(run.GetGrainId()).Count(name => name.StartsWith("wf-old", StringComparison.Ordinal)) > Math.Min(link, 3))
            {
                await Task.Yield();
            }

            Assert.InRange(cluster.Storage.Names(run.GetGrainId()).Count, 1, 50);
        }
    }

    [Fact(Timeout = Watchdog)]
    public async Task Child_WithAnIdOfItsOwn_OfAStepThatIsDoneOnceMore_BeginsAgain_AndItsResultIsTheParents()
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        var parent = await WorkflowRuns.StartAsync(cluster, "parent", WorkflowRuns.Loop);
        await cluster.Grains.GetGrain<IWorkflowDefinitionGrain>(WorkflowDefinitionKeys.Of("flow", 1)).RegisterAsync(new Payload(WorkflowRuns.Flow.ToUtf8()), FlowCluster.Token);
        var child = cluster.Grains.GetGrain<IWorkflowRunGrain>("kid");
        await OrderAsync();
        await WhenAsync(child, view => view is not null);

        // The step that ordered it is done again: the child that was to end with it is cancelled, and begins again when it is ordered again.
        await parent.SteerAsync(new WorkflowSteering(WorkflowSteer.Reset, "again", 1), FlowCluster.Token);
        await WhenAsync(child, view => view!.Status == WorkflowRunStatus.Cancelled);
        await OrderAsync();
        await WhenAsync(child, view => view!.Status == WorkflowRunStatus.Running);
        var first = (await child.GetItemsAsync(0, 1, FlowCluster.Token))[0].Item;
        var second = (await WorkflowRuns.CompleteAsync(child, await WorkflowRuns.GrantAsync(child, "kid", first), WorkflowRuns.Next(1, "2"))).Next!;
        await WorkflowRuns.CompleteAsync(child, second, WorkflowRuns.Output("7"));
        await WhenAsync(parent, view => view!.PendingItems == 1);

        // Once more: it has completed, so it is not done again, and its output comes again.
        await parent.SteerAsync(new WorkflowSteering(WorkflowSteer.Reset, "again", 1), FlowCluster.Token);
        await OrderAsync();
        await WhenAsync(parent, view => view!.PendingItems == 1);
        Assert.Equal(2, (await child.GetAsync(FlowCluster.Token))!.Steps);

        async Task OrderAsync() => Assert.True((await WorkflowRuns.CompleteAsync(parent, await WorkflowRuns.GrantAsync(parent, "parent", 1), WithChild)).Accepted);
    }

    private static async Task WhenAsync(IWorkflowRunGrain run, Func<WorkflowRunView?, bool> condition)
    {
        while (!condition(await run.GetAsync(FlowCluster.Token)))
        {
            await Task.Yield();
        }
    }
}
