using OrleansFlow.Client.Workflows;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Orchestration;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Tests.Silo.Workflows;

/// <summary>Goal: everything that can be asked of a workflow run can be asked from another process, with the user's types.</summary>
public sealed class WorkflowClientTests(SiloFixture fixture)
{
    private const int Watchdog = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private FlowWorkflows Workflows => fixture.Silo.Client.Workflows;

    [Fact(Timeout = Watchdog)]
    public async Task Start_OfAWorkflow_GivesItsResultContextMetricsAndHistory()
    {
        var run = await Workflows.StartAsync(TestFlows.Chain, GrowCounter.Empty, 4, cancellationToken: Token);

        Assert.Equal(10, await run.ResultAsync(Token));
        Assert.Equal([10], await run.ResultsAsync(Token));
        Assert.Equal(11, (await run.ContextAsync<GrowCounter>(Token)).Value);
        var view = await run.GetAsync(Token);
        Assert.Equal((WorkflowRunStatus.Completed, 2L, 1L, "chain", 1), (view.Status, view.Steps, view.CompletedSteps, view.Workflow, view.Version));
        Assert.NotNull(view.EndedUtc);
        Assert.Empty(await run.ErrorsAsync(Token));
        Assert.Empty(await run.ItemsAsync(Token).ToListAsync(Token));
        Assert.NotEmpty(await run.HistoryAsync(Token).ToListAsync(Token));
        var history = await run.ReadHistoryAsync(Token);
        Assert.Equal((WorkflowRunStatus.Completed, TestFlows.Chain.Compiled.Hash, null), (history.End.Status, history.Definition.Hash, history.From));
        Assert.NotEmpty(await run.WhyAsync(Token));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Start_OfManyRuns_CompletesEach()
    {
        var runs = await Task.WhenAll(Enumerable.Range(0, 300).Select(number => Workflows.StartAsync(TestFlows.Chain, GrowCounter.Empty, number, cancellationToken: Token)));

        var results = await Task.WhenAll(runs.Select(run => run.ResultAsync(Token)));

        Assert.Equal(Enumerable.Range(0, 300).Select(number => (number + 1) * 2), results);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Start_WithTheSameKey_IsTheSameRun()
    {
        var options = new WorkflowStartOptions { IdempotencyKey = "order 17" };
        var first = await Workflows.StartAsync(TestFlows.Chain, GrowCounter.Empty, 1, options, Token);
        var again = await Workflows.StartAsync(TestFlows.Chain, GrowCounter.Empty, 1, options, Token);

        Assert.Equal(first.Id, again.Id);
        var failure = await Assert.ThrowsAsync<FlowException>(() => Workflows.StartAsync(TestFlows.Chain, GrowCounter.Empty, 2, options, Token));
        Assert.Equal(FlowErrorCode.AlreadyExists, failure.Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Start_OfADefinitionThatTheSiloDoesNotKnow_RegistersItAndWaitsForAWorkerThatHasIt()
    {
        var run = await Workflows.StartAsync(TestFlows.Unserved, GrowCounter.Empty, 1, cancellationToken: Token);

        Assert.Equal(WorkflowRunStatus.Running, (await run.GetAsync(Token)).Status);
        Assert.Equal("add", Assert.Single(await run.ItemsAsync(Token).ToListAsync(Token)).Node);
        Assert.Equal(TestFlows.Unserved.Compiled.Hash, (await Workflows.GetDefinitionAsync("unserved", 1, Token)).Hash);

        var failure = await Assert.ThrowsAsync<FlowException>(() => Workflows.StartAsync("unserved", 7, default, Payload.FromJson("1"), cancellationToken: Token));
        Assert.Equal(FlowErrorCode.UnknownDefinition, failure.Code);
        await run.CancelAsync("nobody has it", Token);
        Assert.Equal(FlowErrorCode.Cancelled, (await Assert.ThrowsAsync<FlowException>(() => run.ResultAsync(Token))).Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Signal_OfARun_LetsItGoOn()
    {
        var run = await Workflows.StartAsync(TestFlows.Approval, GrowCounter.Empty, "order 3", cancellationToken: Token);

        Assert.True(await run.SignalAsync("approve", "Ada", "s1", Token));

        Assert.Equal("order 3 by Ada", await run.ResultAsync(Token));
        Assert.Equal(FlowErrorCode.AlreadyEnded, (await Assert.ThrowsAsync<FlowException>(() => run.SignalAsync("approve", "Eve", cancellationToken: Token))).Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Pause_OfARun_HandsOutNothingUntilItIsResumed()
    {
        var run = await Workflows.StartAsync(TestFlows.Approval, GrowCounter.Empty, "x", cancellationToken: Token);

        Assert.Equal((WorkflowRunStatus.Paused, "look first"), (await run.PauseAsync("look first", Token)) is var paused ? (paused.Status, paused.Failure) : default);
        await run.SignalAsync("approve", "Bob", cancellationToken: Token);
        Assert.Equal(WorkflowRunStatus.Paused, (await run.GetAsync(Token)).Status);
        Assert.Contains("look first", (await run.WhyAsync(Token))[0].Text, StringComparison.Ordinal);
        Assert.Null((await run.ResumeAsync("fine", Token)).Failure);

        Assert.Equal("x by Bob", await run.ResultAsync(Token));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Migrate_OfARunThatNobodyServes_LetsWorkersOfTheNewVersionFinishIt()
    {
        var run = await Workflows.StartAsync(TestFlows.MovingOld, GrowCounter.Empty, 20, cancellationToken: Token);

        var moved = await run.MigrateAsync(TestFlows.MovingNew, Token);

        Assert.Equal(2, moved.Version);
        Assert.Equal(42, await run.ResultAsync(Token));
        var known = Assert.Single(await Workflows.ListDefinitionsAsync(Token), one => one.Workflow == "moving");
        Assert.Equal([1, 2], known.Versions);
        Assert.Equal(FlowErrorCode.AlreadyEnded, (await Assert.ThrowsAsync<FlowException>(() => MigrateAgainAsync())).Code);

        async Task MigrateAgainAsync()
        {
            var ended = await run.StateAsync(Token);
            var newer = ended.Workflow with { Version = 3 };
            await run.MigrateAsync(new() { Workflow = newer, Position = ended.Position, Nodes = [0, 1], Items = [] }, Token);
        }
    }

    [Fact(Timeout = Watchdog)]
    public async Task Migrate_ToAVersionThatHasNoRuleForAnItem_NamesTheItem_AndChangesNothing()
    {
        var run = await Workflows.StartAsync(TestFlows.MovingOld, GrowCounter.Empty, 1, new() { Delay = TimeSpan.FromHours(1) }, Token);

        var refused = await Assert.ThrowsAsync<FlowException>(() => run.MigrateAsync(TestFlows.MovingAway, Token));

        Assert.Equal(FlowErrorCode.BadInput, refused.Code);
        Assert.Contains("'add'", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await run.GetAsync(Token)).Version);
        await run.CancelAsync(cancellationToken: Token);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Failure_OfARun_ArrivesWithItsWordsAndErrors()
    {
        var run = await Workflows.StartAsync(TestFlows.Broken, GrowCounter.Empty, 1, cancellationToken: Token);

        var failure = await Assert.ThrowsAsync<FlowException>(() => run.ResultAsync(Token));

        Assert.Contains("it is broken", failure.Message, StringComparison.Ordinal);
        var error = Assert.Single(await run.ErrorsAsync(Token));
        Assert.Equal(("fail", 1), (error.Node, error.Attempt));
        Assert.Equal(WorkflowRunStatus.Failed, (await run.GetAsync(Token)).Status);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Outputs_OfARunThatCollectsThem_AreAllThere()
    {
        var run = await Workflows.StartAsync(TestFlows.Several, GrowCounter.Empty, 5, cancellationToken: Token);

        // In the order in which they were committed.
        var outputs = await run.ResultsAsync(Token);
        Assert.Equal([5, 6, 7], outputs.Order());
        Assert.Equal(outputs[^1], await run.ResultAsync(Token));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Sleep_OfARun_EndsByItself()
    {
        var run = await Workflows.StartAsync(TestFlows.Sleeper, GrowCounter.Empty, 700, cancellationToken: Token);

        Assert.Equal(700, await run.ResultAsync(Token));
        var view = await run.GetAsync(Token);
        Assert.True(view.EndedUtc - view.StartedUtc >= TimeSpan.FromMilliseconds(690), $"{view.EndedUtc - view.StartedUtc}");
    }

    [Fact(Timeout = Watchdog)]
    public async Task List_ByAttributes_FindsTheRunsAndPages()
    {
        var attributes = new Dictionary<string, string> { ["customer"] = "c-77" };
        for (var number = 0; number < 7; number++)
        {
            var run = await Workflows.StartAsync(
                TestFlows.Chain, GrowCounter.Empty, number, new WorkflowStartOptions { RunId = new RunId($"listed-{number}"), Attributes = attributes }, Token);
            await run.WaitAsync(Token);
        }

        var found = await Workflows.ListAsync(new WorkflowFilter { Attributes = attributes, OldestFirst = true }, Token).ToListAsync(Token);
        Assert.Equal(Enumerable.Range(0, 7).Select(number => $"listed-{number}"), found.Select(run => run.RunId.Value));
        Assert.All(found, run => Assert.Equal("c-77", run.Attributes["customer"]));
        var paged = await fixture.Silo.Client.CallAsync(
            OrleansFlow.Client.Protocol.WorkflowMethods.ListRuns, new Protocol.Workflows.V1.ListRunsRequest { PageSize = 3, RunPrefix = "listed-" }, Token);
        Assert.Equal(["listed-6", "listed-5", "listed-4"], paged.Runs.Select(run => run.RunId));
        Assert.NotEmpty(paged.NextPageToken);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Delete_OfARunThatHasEnded_TakesItAway()
    {
        var run = await Workflows.StartAsync(TestFlows.Chain, GrowCounter.Empty, 1, new WorkflowStartOptions { RunId = new RunId("to-delete") }, Token);
        await run.WaitAsync(Token);

        await run.DeleteAsync(Token);

        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => run.GetAsync(Token))).Code);
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => run.WaitAsync(Token))).Code);
        Assert.Empty(await Workflows.ListAsync(new WorkflowFilter { RunPrefix = "to-delete" }, Token).ToListAsync(Token));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Orchestrator_OverTheGateway_GivesTheSameViewsAsOverAStore()
    {
        var orchestrator = Workflows.ToOrchestrator();
        var run = await orchestrator.StartAsync(TestFlows.Chain, GrowCounter.Empty, 4, new RunStartOptions { Id = new RunId("orchestrated") }, cancellationToken: Token);

        Assert.Equal(10, await orchestrator.WaitForOutputAsync(TestFlows.Chain, run, cancellationToken: Token));
        Assert.Equal(11, (await orchestrator.ContextAsync(TestFlows.Chain, run, cancellationToken: Token)).Value);
        Assert.Equal(new RunCounters(2, 1), await orchestrator.MetricsAsync(run, Token));
        Assert.All(await orchestrator.ItemsAsync(run, Token), item => Assert.Equal((WorkItemState.Completed, 1), (item.State, item.Attempts)));
        Assert.Equal(["add", "twice"], (await orchestrator.ItemsAsync(run, Token)).Select(item => item.Node));
        Assert.Empty(await orchestrator.PendingAsync(run, Token));
        Assert.Empty(await orchestrator.ErrorsAsync(new RunId("unknown"), Token));
        Assert.NotEmpty(await orchestrator.HistoryAsync(run, cancellationToken: Token));
        Assert.Equal(run, Assert.Single((await orchestrator.ListAsync(new RunListFilter { IdPrefix = "orchestrated" }, Token)).Runs).Id);
        Assert.Contains("chain@1", (await orchestrator.LivenessAsync(TimeSpan.FromMinutes(5), Token)).SelectMany(worker => worker.Health.Workflows));
        Assert.Equal(FlowErrorCode.AlreadyEnded, (await Assert.ThrowsAsync<FlowException>(async () => await orchestrator.CancelAsync(run, cancellationToken: Token))).Code);
        Assert.True(await orchestrator.DeleteAsync(run, Token));
        Assert.False(await orchestrator.DeleteAsync(run, Token));
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(async () => await orchestrator.StatusAsync(run, Token))).Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Calls_WithBadValues_NameThem()
    {
        await AssertBadAsync("'a b'", () => Workflows.StartAsync("a b", 1, default, default, cancellationToken: Token));
        await AssertBadAsync("Version 0", () => Workflows.StartAsync("chain", 0, default, default, cancellationToken: Token));
        await AssertBadAsync("input_json", () => Workflows.StartAsync("chain", 1, default, Payload.FromJson("{"), cancellationToken: Token));
        var attributes = Enumerable.Range(0, 33).ToDictionary(number => $"a{number}", _ => "");
        await AssertBadAsync("33 attributes", () => Workflows.StartAsync("chain", 1, default, Payload.FromJson("1"), new WorkflowStartOptions { Attributes = attributes }, Token));
        await AssertBadAsync("Item 0", () => Workflows.Get(new RunId("x")).ResetAsync(0, cancellationToken: Token));

        static async Task AssertBadAsync(string words, Func<Task> call)
        {
            var failure = await Assert.ThrowsAsync<FlowException>(call);
            Assert.Equal(FlowErrorCode.BadInput, failure.Code);
            Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        }
    }
}
