using Microsoft.Extensions.Logging;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Workers;

namespace OrleansFlow.Tests.Workflows.Stores.Workers;

/// <summary>Goal: callbacks are part of the attempt: awaited, in order, and what they throw counts.</summary>
public sealed class WorkerCallbackTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Callbacks_AreAwaited_InOrder_BeforeTheStepIsCommitted()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var calls = new List<string>();
        var flow = WorkerBench.OneNode(value =>
        {
            calls.Add("node");
            return value + 1;
        });
        var run = await bench.StartAsync(flow);
        var worker = bench.Builder().Workflow(flow)
            .OnStarting(async (attempt, _) =>
            {
                await Task.Yield();
                calls.Add($"starting {attempt.Node} of {attempt.Workflow}, attempt {attempt.Attempt} by {attempt.Worker}");
            })
            .OnSuccess(async (attempt, outcome, token) =>
            {
                await Task.Yield();
                var summary = await bench.Orchestrator.StatusAsync(attempt.Run, token);
                calls.Add($"success with {outcome.Outputs.Single()}, {summary.Status}, in flight {summary.InFlightCount}");
            })
            .OnError((_, _, _) => throw new InvalidOperationException("no error happened"))
            .Build();

        Assert.IsType<WorkerStep.Completed>(await worker.RunOnceAsync(Token));

        Assert.Equal(["starting only of one@1, attempt 1 by w", "node", "success with 2, Running, in flight 1"], calls);
        Assert.Equal(WorkflowRunStatus.Completed, (await bench.Orchestrator.StatusAsync(run, Token)).Status);
    }

    [Fact]
    public async Task OnStarting_ThatThrows_IsAFailedAttempt_AndTheNodeDoesNotRun()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var calls = 0;
        var flow = WorkerBench.OneNode(_ => ++calls);
        var run = await bench.StartAsync(flow);
        var worker = bench.Builder().Workflow(flow).OnStarting((_, _) => throw new InvalidOperationException("not now")).Build();

        Assert.Equal("not now", Assert.IsType<WorkerStep.Stepped>(await worker.RunOnceAsync(Token)).Failure);

        Assert.Equal(0, calls);
        Assert.Equal("not now", Assert.Single(await bench.Orchestrator.ErrorsAsync(run, Token)).Message);
        Assert.Equal(new RunCounters(Retries: 1), await bench.Orchestrator.MetricsAsync(run, Token));
    }

    [Fact]
    public async Task OnSuccess_ThatThrows_LeavesNothingOfTheStep()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var flow = WorkerBench.Chain(2);
        var run = await bench.StartAsync(flow);
        var throws = true;
        var worker = bench.Builder().Workflow(flow).OnSuccess((_, _, _) => throws ? throw new InvalidOperationException("not so") : default).Build();

        Assert.Equal("not so", Assert.IsType<WorkerStep.Stepped>(await worker.RunOnceAsync(Token)).Failure);
        Assert.Equal(0, (await bench.Orchestrator.ContextAsync(run, Token)).Version);
        Assert.Equal("n1", Assert.Single(await bench.Orchestrator.PendingAsync(run, Token)).Node);

        throws = false;
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, (await WorkerBench.RunAllAsync(worker)).Count);
        Assert.Equal(2, (await bench.Orchestrator.ContextAsync(run, Token)).Version);
    }

    [Fact]
    public async Task OnError_IsTold_AndWhatItThrowsIsLogged_AndKeptWithTheError()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var flow = WorkerBench.OneNode((_, _, _) => throw new InvalidOperationException("broken"));
        var run = await bench.StartAsync(flow);
        Exception? told = null;
        var worker = bench.Builder().Workflow(flow).Retry(StepRetryPolicy.Never)
            .OnError((_, error, _) =>
            {
                told = error;
                throw new InvalidOperationException("so is the callback");
            })
            .Build();

        Assert.IsType<WorkerStep.Completed>(await worker.RunOnceAsync(Token));

        Assert.Equal("broken", told?.Message);
        Assert.Equal("broken (and OnError failed: so is the callback)", Assert.Single(await bench.Orchestrator.ErrorsAsync(run, Token)).Message);
        Assert.Contains(bench.Logger.Lines, line => line.Level == LogLevel.Error && line.Text.StartsWith("OnError failed", StringComparison.Ordinal));
    }

    [Fact(Timeout = 30_000)]
    public async Task OnSuccess_IsNotCalled_OnceTheLeaseIsLost()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var (begun, calls) = (new TaskCompletionSource(), 0);
        var flow = WorkerBench.OneNode(async (value, _, token) =>
        {
            begun.SetResult();
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            }
            catch (OperationCanceledException)
            {
                // A node that is told, and goes on as if it were not.
            }

            return value;
        });
        var run = await bench.StartAsync(flow);
        var worker = bench.Builder().Workflow(flow)
            .OnSuccess((_, _, _) =>
            {
                calls++;
                return default;
            })
            .Build();
        var step = worker.RunOnceAsync(Token).AsTask();
        await begun.Task;
        await bench.Orchestrator.CancelAsync(run, cancellationToken: Token);
        bench.Time.Advance(WorkerBench.LeaseDuration / 3);
        Assert.True(Assert.IsType<WorkerStep.Stepped>(await step).IsDropped);
        Assert.Equal(0, calls);
    }
}
