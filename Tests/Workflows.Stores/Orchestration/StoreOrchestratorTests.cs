using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Workflows.Stores.Workers;
using OrleansFlow.Workflows.Orchestration;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Tests.Workflows.Stores.Orchestration;

/// <summary>Goal: an orchestrator starts, steers and explains runs with the user's types.</summary>
public sealed class StoreOrchestratorTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_Status_Metrics_Context_History_Output_AreThoseOfTheRun()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var flow = WorkerBench.Chain(2);
        var run = await bench.StartAsync(flow, 5, "r1");
        Assert.Equal("r1", run.Value);
        Assert.Equal((WorkflowRunStatus.Running, 1, 0), Numbers(await bench.Orchestrator.StatusAsync(run, Token)));
        var waiting = bench.Orchestrator.WaitForOutputAsync(flow, run, cancellationToken: Token).AsTask();

        await WorkerBench.RunAllAsync(bench.Worker(flow));

        Assert.Equal(7, await waiting);
        Assert.Equal((WorkflowRunStatus.Completed, 0, 0), Numbers(await bench.Orchestrator.StatusAsync(run, Token)));
        Assert.Equal(new RunCounters(Total: 2, Completed: 1), await bench.Orchestrator.MetricsAsync(run, Token));
        Assert.Equal(2, (await bench.Orchestrator.ContextAsync(flow, run, cancellationToken: Token)).Value);
        Assert.Equal(5, (await bench.Orchestrator.HistoryAsync(run, cancellationToken: Token)).Count);
        Assert.Equal(["n1", "n2"], (await bench.Orchestrator.ItemsAsync(run, Token)).Select(item => item.Node));
        Assert.True(await bench.Orchestrator.DeleteAsync(run, Token));
        Assert.Empty((await bench.Orchestrator.ListAsync(cancellationToken: Token)).Runs);

        static (WorkflowRunStatus, int, int) Numbers(WorkflowRunSummary summary) => (summary.Status, summary.PendingCount, summary.InFlightCount);
    }

    [Fact]
    public async Task UnknownRun_IsNotFound_ButHasNoErrorsItemsOrHistory()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var (orchestrator, nobody) = (bench.Orchestrator, new RunId("nobody"));

        await NotFoundAsync(async () => await orchestrator.StatusAsync(nobody, Token));
        await NotFoundAsync(async () => await orchestrator.MetricsAsync(nobody, Token));
        await NotFoundAsync(async () => await orchestrator.ContextAsync(nobody, Token));
        await NotFoundAsync(async () => await orchestrator.CancelAsync(nobody, cancellationToken: Token));
        await NotFoundAsync(async () => await orchestrator.PauseAsync(nobody, cancellationToken: Token));
        await NotFoundAsync(async () => await orchestrator.ResumeAsync(nobody, Token));
        await NotFoundAsync(async () => await orchestrator.WaitForCompletionAsync(nobody, Token));
        await NotFoundAsync(async () => await orchestrator.WhyAsync(nobody, Token));
        await NotFoundAsync(async () => await orchestrator.TerminateAsync(nobody, cancellationToken: Token));
        await NotFoundAsync(async () => await orchestrator.ResetAsync(nobody, 1, Token));
        await NotFoundAsync(async () => await orchestrator.StateAsync(nobody, Token));
        await NotFoundAsync(async () => await orchestrator.QueryAsync(nobody, "count", default, Token));
        await NotFoundAsync(async () => await orchestrator.UpdateAsync(nobody, "add", default, cancellationToken: Token));
        Assert.Empty(await orchestrator.ErrorsAsync(nobody, Token));
        Assert.Empty(await orchestrator.ItemsAsync(nobody, Token));
        Assert.Empty(await orchestrator.PendingAsync(nobody, Token));
        Assert.Empty(await orchestrator.InFlightAsync(nobody, Token));
        Assert.Empty(await orchestrator.HistoryAsync(nobody, cancellationToken: Token));
        Assert.False(await orchestrator.DeleteAsync(nobody, Token));

        static async Task NotFoundAsync(Func<Task> call) => Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(call)).Code);
    }

    [Fact]
    public async Task Pending_AndInFlight_AreToldApart()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var run = (await bench.Store.CreateRunAsync(new() { Workflow = Shapes.Split, Input = Payload.FromJson("1") }, Token)).Run;
        var filter = new WorkFilter { Worker = new("ada") };
        var first = (await bench.Store.TakeAsync(filter, TimeSpan.Zero, Token))!;
        await bench.Store.CommitStepAsync(first.Token, new() { Successors = [new(1, Payload.FromJson("1")), new(1, Payload.FromJson("2")), new(1, Payload.FromJson("3"))] }, Token);
        await bench.Store.TakeAsync(filter, TimeSpan.Zero, Token);
        var failing = (await bench.Store.TakeAsync(filter, TimeSpan.Zero, Token))!;
        await bench.Store.FailStepAsync(failing.Token, new(FailureKinds.Generic, "no"), Token);

        Assert.Equal([(3L, WorkItemState.WaitingRetry), (4L, WorkItemState.Pending)], (await bench.Orchestrator.PendingAsync(run, Token)).Select(item => (item.Id, item.State)));
        Assert.Equal([2L], (await bench.Orchestrator.InFlightAsync(run, Token)).Select(item => item.Id));
        Assert.Equal(
            [
                "1 item(s) wait for a worker that has split@1; none has said that it does. Start one.",
                "Item 4 of node 'work' waits for a worker.",
                "Item 2 of node 'work' is being done by 'ada', attempt 1.",
                $"Item 3 of node 'work' failed 1 time(s) and is tried again at {bench.Time.GetUtcNow().AddSeconds(1):O}.",
            ],
            await bench.Orchestrator.WhyAsync(run, Token));
    }

    [Fact]
    public async Task FailedRun_ThrowsItsFailure_AndGoesOnWhenItIsResumed()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var fails = true;
        var flow = WorkerBench.OneNode(value => fails ? throw new FlowException(FlowErrorCode.ArtifactLost, "gone") : value);
        var worker = bench.Worker(flow, retry: StepRetryPolicy.Never);
        var run = await bench.StartAsync(flow);
        await worker.RunOnceAsync(Token);
        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await bench.Orchestrator.WaitForOutputAsync(flow, run, cancellationToken: Token));
        Assert.Equal((FlowErrorCode.ArtifactLost, "Node 'only' failed once: gone"), (thrown.Code, thrown.Message));

        fails = false;
        Assert.Null((await bench.Orchestrator.ResumeAsync(run, Token)).EndedUtc);
        await worker.RunOnceAsync(Token);
        Assert.Equal(1, await bench.Orchestrator.WaitForOutputAsync(flow, run, cancellationToken: Token));
        Assert.Single(await bench.Orchestrator.ErrorsAsync(run, Token));
    }

    [Fact]
    public async Task CancelledRun_ThrowsCancelled_WithItsReason()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var flow = WorkerBench.Chain(1);
        var run = await bench.StartAsync(flow);
        await bench.Orchestrator.CancelAsync(run, "not needed", Token);

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await bench.Orchestrator.WaitForOutputAsync(flow, run, cancellationToken: Token));

        Assert.Equal(FlowErrorCode.Cancelled, thrown.Code);
        Assert.Contains("not needed", thrown.Message, StringComparison.Ordinal);
    }
}
