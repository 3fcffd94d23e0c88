using OrleansFlow.Client;
using OrleansFlow.Client.Workflows;
using OrleansFlow.Errors;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Silo.Workflows;

/// <summary>Goal: a run that one client started is asked, changed and steered by another one, which knows nothing but its id.</summary>
public sealed class WorkflowSteeringTests(SiloFixture fixture) : IAsyncLifetime
{
    private const int Watchdog = 60_000;

    private readonly FlowClient _other = FlowClient.Connect(fixture.Silo.Host.Endpoints.GrpcUrl, fixture.Silo.Host.Endpoints.Token);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _other.DisposeAsync();

    [Fact(Timeout = Watchdog)]
    public async Task Query_OfALiveRun_ReadsTheContextOfTheLastCommit_AndChangesNothing()
    {
        var run = await WaitingBasketAsync(12);

        Assert.Equal(12, await run.QueryAsync<object?, long>("total", null, Token));
        Assert.True(await run.QueryAsync<long, bool>("above", 11, Token));
        Assert.False(await run.QueryAsync<long, bool>("above", 12, Token));

        var view = await run.GetAsync(Token);
        Assert.Equal((WorkflowRunStatus.Running, 1L), (view.Status, view.Steps));
        Assert.Equal(12, (await run.ContextAsync<GrowCounter>(Token)).Value);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Query_ThatTheDefinitionLacks_OrWithAnArgumentOfAnotherForm_SaysSo()
    {
        var run = await WaitingBasketAsync(1);

        var unknown = await Assert.ThrowsAsync<FlowException>(() => run.QueryAsync<object?, long>("weight", null, Token));
        Assert.Equal(FlowErrorCode.NotFound, unknown.Code);
        Assert.Contains("has no query 'weight'; it has [total, above]", unknown.Message, StringComparison.Ordinal);
        var bad = await Assert.ThrowsAsync<FlowException>(() => run.QueryAsync<string, bool>("above", "x", Token));
        Assert.Equal(FlowErrorCode.BadInput, bad.Code);
        Assert.Contains("above", bad.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Update_ThatIsValid_ChangesTheContextOnce_HoweverOftenItIsSentWithItsId()
    {
        var run = await WaitingBasketAsync(10);

        Assert.Equal(15, await run.UpdateAsync<int, long>("add", 5, "u1", Token));
        Assert.Equal(15, await run.UpdateAsync<int, long>("add", 5, "u1", Token));
        Assert.Equal(22, await run.UpdateAsync<int, long>("add", 7, cancellationToken: Token));

        Assert.Equal(22, await run.QueryAsync<object?, long>("total", null, Token));
        await run.SignalAsync("pay", "Ada", cancellationToken: Token);
        Assert.Equal("22 by Ada", await run.ResultAsync(Token));
        Assert.Equal(FlowErrorCode.AlreadyEnded, (await Assert.ThrowsAsync<FlowException>(() => run.UpdateAsync<int, long>("add", 1, "u9", Token))).Code);
        Assert.Equal(15, await run.UpdateAsync<int, long>("add", 5, "u1", Token));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Update_ThatItsValidationRefuses_ChangesNothing_AndFailsNothingElse()
    {
        var run = await WaitingBasketAsync(10);

        var refused = await Assert.ThrowsAsync<FlowException>(() => run.UpdateAsync<int, long>("add", 0, "u1", Token));
        Assert.Equal(FlowErrorCode.BadInput, refused.Code);
        Assert.Contains("a price is more than 0", refused.Message, StringComparison.Ordinal);
        Assert.Equal(FlowErrorCode.BadInput, (await Assert.ThrowsAsync<FlowException>(() => run.UpdateAsync<int, long>("add", 0, "u1", Token))).Code);
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => run.UpdateAsync<int, long>("subtract", 1, cancellationToken: Token))).Code);

        Assert.Equal(10, (await run.ContextAsync<GrowCounter>(Token)).Value);
        Assert.Equal(WorkflowRunStatus.Running, (await run.GetAsync(Token)).Status);
        await run.SignalAsync("pay", "Bob", cancellationToken: Token);
        Assert.Equal("10 by Bob", await run.ResultAsync(Token));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Reset_ToAnEarlierStep_DoesItOnceMore_AsIfWhatCameAfterItHadNotBeen()
    {
        var run = await WaitingBasketAsync(10);
        Assert.Equal(15, await run.UpdateAsync<int, long>("add", 5, cancellationToken: Token));

        var view = await run.ResetAsync(1, "the price was wrong", Token);
        Assert.Equal((WorkflowRunStatus.Running, null), (view.Status, view.EndedUtc));
        await WhenAsync(run, WorkItemStatus.WaitingForSignal);

        Assert.Equal(10, await run.QueryAsync<object?, long>("total", null, Token));
        Assert.Equal(2, TestFlows.Priced[run.Id.Value]);
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => run.ResetAsync(99, "", Token))).Code);
        await run.SignalAsync("pay", "Ada", cancellationToken: Token);
        Assert.Equal("10 by Ada", await run.ResultAsync(Token));
        Assert.Equal(FlowErrorCode.AlreadyEnded, (await Assert.ThrowsAsync<FlowException>(() => run.ResetAsync(1, "", Token))).Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Reset_OfAPausedRun_StaysPaused_AndKeepsTheSignalThatCame()
    {
        var run = await WaitingBasketAsync(3);
        await run.PauseAsync("look", Token);
        await run.SignalAsync("pay", "Eve", cancellationToken: Token);

        Assert.Equal(WorkflowRunStatus.Paused, (await run.ResetAsync(1, "again", Token)).Status);
        Assert.Equal("price", Assert.Single(await run.ItemsAsync(Token).ToListAsync(Token)).Node);
        Assert.Equal(1, TestFlows.Priced[run.Id.Value]);
        await run.ResumeAsync("fine", Token);

        Assert.Equal("3 by Eve", await run.ResultAsync(Token));
        Assert.Equal(2, TestFlows.Priced[run.Id.Value]);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Pause_HoldsWhatBecomesDueAndWhatIsSignalled_UntilTheResume()
    {
        var run = await WaitingBasketAsync(4);
        Assert.Equal(WorkflowRunStatus.Paused, (await run.PauseAsync("look first", Token)).Status);
        Assert.Equal(WorkflowRunStatus.Paused, (await run.PauseAsync("twice is fine", Token)).Status);

        await run.SignalAsync("pay", "Ada", cancellationToken: Token);
        Assert.Equal(("pay", WorkItemStatus.Pending), (await run.ItemsAsync(Token).ToListAsync(Token)) is [var item] ? (item.Node, item.Status) : default);
        Assert.Equal(4, await run.QueryAsync<object?, long>("total", null, Token));
        Assert.NotEmpty(await run.WhyAsync(Token));

        Assert.Equal(WorkflowRunStatus.Running, (await run.ResumeAsync("fine", Token)).Status);
        Assert.Equal("4 by Ada", await run.ResultAsync(Token));
        Assert.Equal(FlowErrorCode.AlreadyEnded, (await Assert.ThrowsAsync<FlowException>(() => run.PauseAsync("late", Token))).Code);
        Assert.Equal(FlowErrorCode.AlreadyEnded, (await Assert.ThrowsAsync<FlowException>(() => run.ResumeAsync("late", Token))).Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Terminate_EndsARunWithAStepInFlight_ForGood_AndTellsWhoWaits()
    {
        var started = await fixture.Silo.Client.Workflows.StartAsync(TestFlows.Endless, GrowCounter.Empty, 1, cancellationToken: Token);
        var waits = started.ResultAsync(Token);
        var run = _other.Workflows.Get<int>(started.Id);
        await WhenAsync(run, WorkItemStatus.InProgress);

        var view = await run.TerminateAsync("it never ends", Token);

        Assert.Equal((WorkflowRunStatus.Failed, FlowErrorCode.Cancelled), (view.Status, view.FailureCode));
        var told = await Assert.ThrowsAsync<FlowException>(() => waits);
        Assert.Equal(FlowErrorCode.Cancelled, told.Code);
        Assert.Contains("it never ends", told.Message, StringComparison.Ordinal);
        Assert.Empty(await run.ItemsAsync(Token).ToListAsync(Token));
        foreach (var late in (Func<Task>[])[() => run.ResumeAsync("", Token), () => run.CancelAsync("", Token), () => run.TerminateAsync("", Token)])
        {
            Assert.Equal(FlowErrorCode.AlreadyEnded, (await Assert.ThrowsAsync<FlowException>(late)).Code);
        }
    }

    /// <summary>A basket whose first step is done and that waits for its payment, as the other client sees it.</summary>
    private async Task<IWorkflowHandle<string>> WaitingBasketAsync(int price)
    {
        var started = await fixture.Silo.Client.Workflows.StartAsync(TestFlows.Basket, GrowCounter.Empty, price, cancellationToken: Token);
        var run = _other.Workflows.Get<string>(started.Id);
        await WhenAsync(run, WorkItemStatus.WaitingForSignal);
        return run;
    }

    private static async Task WhenAsync(IWorkflowHandle run, WorkItemStatus status)
    {
        while (!(await run.ItemsAsync(Token).ToListAsync(Token)).Exists(item => item.Status == status))
        {
            await Task.Yield();
        }
    }
}
