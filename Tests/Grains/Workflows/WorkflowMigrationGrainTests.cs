using System.Buffers;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Grains.Workflows;

/// <summary>Goal: a live run moves to a newer version durably; its workers of the old one are refused, those of the new one go on.</summary>
public sealed class WorkflowMigrationGrainTests
{
    private const int Watchdog = 60_000;

    private static readonly WorkerId Worker = new("worker");

    private static CancellationToken Token => FlowCluster.Token;

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Migrate_MovesARun_ThatGoesOnWithTheNewVersion_AlsoAfterItIsReadAgain(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var run = await StartAsync(cluster);
        var stale = Assert.Single(await run.GrantManyAsync([Item(1)], Worker, "s", Token))!;
        Assert.Equal("workflow.flow.1", stale.Role);

        var view = await run.MigrateAsync(await PlanAsync(run), Token);
        Assert.Equal((2, WorkflowRunStatus.Running), (view.Version, view.Status));
        Assert.False((await CompleteAsync(run, stale)).Accepted);
        await cluster.DeactivateAsync(run);
        await cluster.WhenDeactivatedAsync(run);

        var lease = Assert.Single(await run.GrantManyAsync([Item(1)], Worker, "s", Token))!;
        Assert.Equal(("workflow.flow.2", true), (lease.Role, lease.Token.Epoch > stale.Token.Epoch));
        Assert.True((await CompleteAsync(run, lease)).Accepted);
        var ended = await run.GetAsync(Token);
        Assert.Equal((WorkflowRunStatus.Completed, 2, "7"), (ended!.Status, ended.Version, ended.Output.ToString()));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Migrate_WithAPlanOfAnEarlierPosition_IsRefused_AndNothingChanges()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var run = await StartAsync(cluster);
        var plan = await PlanAsync(run);
        await run.SignalAsync("s", default, null, Token);

        Assert.Equal(FlowErrorCode.BadInput, (await Assert.ThrowsAsync<FlowException>(() => run.MigrateAsync(plan, Token))).Code);
        Assert.Equal(FlowErrorCode.BadInput, (await Assert.ThrowsAsync<FlowException>(() => run.MigrateAsync(Payload.FromJson("[]"), Token))).Code);
        Assert.Equal(1, (await run.GetAsync(Token))!.Version);
    }

    [Fact(Timeout = Watchdog)]
    public async Task ResetOfAMigratedRun_GoesBackToAStepOfTheNewVersion_NotOfTheOld()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var run = await StartAsync(cluster);
        await RepeatAsync(run, "1");
        await run.MigrateAsync(await PlanAsync(run), Token);
        var refused = await Assert.ThrowsAsync<FlowException>(() => run.SteerAsync(new WorkflowSteering(WorkflowSteer.Reset, Item: 1), Token));
        Assert.Contains("moved to version 2", refused.Message, StringComparison.Ordinal);

        await RepeatAsync(run, "2");
        var view = await run.SteerAsync(new WorkflowSteering(WorkflowSteer.Reset, Item: 1), Token);
        Assert.Equal((1, 2), (view.PendingItems, view.Version));
    }

    private static async Task RepeatAsync(IWorkflowRunGrain run, string saved)
    {
        var lease = Assert.Single(await run.GrantManyAsync([Item(1)], Worker, "s", Token))!;
        Assert.True((await CompleteAsync(run, lease, new StepOutcome { Repeat = true, Saved = Payload.FromJson(saved) })).Accepted);
    }

    private static async Task<IWorkflowRunGrain> StartAsync(FlowCluster cluster)
    {
        var first = Define(1).Compiled;
        await cluster.Grains.GetGrain<IWorkflowDefinitionGrain>(WorkflowDefinitionKeys.Of("flow", 1)).RegisterAsync(new Payload(first.ToUtf8()), Token);
        var run = cluster.Grains.GetGrain<IWorkflowRunGrain>("run");
        Assert.True(await run.StartAsync(new WorkflowStart { Workflow = "flow", Version = 1, Input = Payload.FromJson("7") }, Token));
        return run;
    }

    private static async Task<Payload> PlanAsync(IWorkflowRunGrain run)
    {
        var state = WorkflowRunJson.Read((await run.GetStateAsync(Token)).Utf8.Span);
        return new Payload(JsonSerializer.SerializeToUtf8Bytes(Define(2).PlanMigration(state)));
    }

    private static WorkflowDefinition<int, int, NoContext> Define(int version)
    {
        var flow = new Workflow<NoContext>("flow", version);
        if (version > 1)
        {
            flow.MigrateFrom(1, rules => rules.Rename("old", "new"));
        }

        return flow.Start(flow.Node<int, int>(version > 1 ? "new" : "old", (value, _) => value).End()).Build<int, int>();
    }

    private static TaskId Item(long item) => TaskId.OfWorkflow(new RunId("run"), item);

    private static async Task<EffectReceipt> CompleteAsync(IWorkflowRunGrain run, LeaseGrant lease, StepOutcome? proposed = null)
    {
        var step = new ArrayBufferWriter<byte>();
        await using (var writer = new Utf8JsonWriter(step))
        {
            StepOutcomeJson.Write(writer, proposed ?? new StepOutcome { Outputs = [Payload.FromJson("7")] });
        }

        var outcome = new AttemptOutcome { Token = lease.Token, End = AttemptEnd.Completed, Step = new Payload(step.WrittenMemory) };
        return Assert.Single(await run.CompleteManyAsync([outcome], Worker, "s", Token));
    }
}
