using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Orchestration;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;
using OrleansFlow.Workflows.Workers;

namespace OrleansFlow.Tests.Workflows.Stores.Workers;

/// <summary>Goal: a worker does each step once as far as the run can tell, says what it did, and never waits while there is work.</summary>
public sealed class WorkflowWorkerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Builder_WithMissingParts_NamesAllOfThem()
    {
        var thrown = Assert.Throws<FlowException>(() => WorkflowWorker.CreateBuilder().Build());

        Assert.Equal(FlowErrorCode.BadOption, thrown.Code);
        Assert.Equal(["Id", "Store", "Workflow"], thrown.Problems.Select(problem => problem.Path));
        Assert.All(thrown.Problems, problem => Assert.Contains("is required", problem.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Builder_WithAWorkflowTwice_OrABadId_SaysSo()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var flow = WorkerBench.Chain(1);

        var thrown = Assert.Throws<FlowException>(() => bench.Builder("no/id").Workflow(flow).Workflow(flow).IdleWait(TimeSpan.Zero).Build());

        Assert.Equal(["Id", "IdleWait", "Workflow"], thrown.Problems.Select(problem => problem.Path));
    }

    [Fact]
    public async Task RunOnce_TellsIdleSteppedAndCompletedApart()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var flow = WorkerBench.Chain(2);
        var worker = bench.Worker(flow);
        Assert.IsType<WorkerStep.Idle>(await worker.RunOnceAsync(Token));

        var run = await bench.StartAsync(flow, 5);
        var stepped = Assert.IsType<WorkerStep.Stepped>(await worker.RunOnceAsync(Token));
        var completed = Assert.IsType<WorkerStep.Completed>(await worker.RunOnceAsync(Token));

        Assert.Equal(new WorkerStep.Stepped(run, 1, "n1"), stepped);
        Assert.Equal((run, WorkflowRunStatus.Completed, "7"), (completed.Run.Id, completed.Run.Status, completed.Run.Outputs.Single().ToString()));
        Assert.IsType<WorkerStep.Idle>(await worker.RunOnceAsync(Token));
        Assert.Equal(2, (await bench.Orchestrator.ContextAsync(flow, run, cancellationToken: Token)).Value);
    }

    [Fact(Timeout = 30_000)]
    public async Task RunForever_NeverWaitsWhileThereIsWork()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var flow = WorkerBench.Chain(100);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var loop = bench.Worker(flow).RunForeverAsync(stop.Token);

        // The clock stands still, so whoever waited would wait for ever.
        var run = await bench.StartAsync(flow);
        Assert.Equal(101, await bench.Orchestrator.WaitForOutputAsync(flow, run, cancellationToken: Token));
        await stop.CancelAsync();
        await loop;
    }

    [Fact]
    public async Task DefaultRetry_IsFiveAttempts_After1_2_4_8Seconds()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var calls = 0;
        var flow = WorkerBench.OneNode((_, _, _) => throw new InvalidOperationException($"call {++calls}"));
        var worker = bench.Worker(flow);
        var run = await bench.StartAsync(flow);
        var waits = new List<double>();
        while (await worker.RunOnceAsync(Token) is WorkerStep.Stepped)
        {
            var due = (await bench.Orchestrator.StatusAsync(run, Token)).NextDueUtc!.Value;
            waits.Add((due - bench.Time.GetUtcNow()).TotalSeconds);
            bench.Time.Advance(due - bench.Time.GetUtcNow());
        }

        Assert.Equal([1, 2, 4, 8], waits);
        Assert.Equal(5, calls);
        Assert.Equal(WorkflowRunStatus.Failed, (await bench.Orchestrator.StatusAsync(run, Token)).Status);
    }

    [Fact]
    public async Task NodeThatAlwaysFails_WithThreeAttempts_HasTheVerifiedNumbers()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var calls = 0;
        var flow = WorkerBench.OneNode((_, _, _) => throw new InvalidOperationException($"call {++calls}"));
        var worker = bench.Worker(flow, retry: new StepRetryPolicy { MaxAttempts = 3 });
        var run = await bench.StartAsync(flow);
        for (var round = 0; round < 5; round++)
        {
            await worker.RunOnceAsync(Token);
            bench.Time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal(3, calls);
        Assert.Equal([(1, "call 1"), (2, "call 2"), (3, "call 3")], (await bench.Orchestrator.ErrorsAsync(run, Token)).Select(error => (error.Attempt, error.Message)));
        Assert.Equal(new RunCounters(Total: 0, Completed: 0, Failed: 1, Retries: 2), await bench.Orchestrator.MetricsAsync(run, Token));
        var item = Assert.Single(await bench.Orchestrator.ItemsAsync(run, Token));
        Assert.Equal((WorkItemState.PermanentlyFailed, 3), (item.State, item.Attempts));
        Assert.Equal(WorkflowRunStatus.Failed, (await bench.Orchestrator.StatusAsync(run, Token)).Status);
    }

    [Fact]
    public async Task NodesOwnPolicy_WinsOverTheWorkers_AndAFinalErrorOverBoth()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var own = WorkerBench.OneNode((_, _, _) => throw new InvalidOperationException("no"), node => node.Retry(StepRetryPolicy.Never));
        await bench.StartAsync(own);
        Assert.IsType<WorkerStep.Completed>(await bench.Worker(own).RunOnceAsync(Token));

        await using var other = await WorkerBench.OpenAsync();
        var final = WorkerBench.OneNode((_, _, _) => throw new NonRetryableException("never"));
        await other.StartAsync(final);
        var ended = Assert.IsType<WorkerStep.Completed>(await other.Worker(final).RunOnceAsync(Token));
        Assert.Contains("never", ended.Run.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FailedStep_LeavesNoTraceInTheContext()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var calls = 0;
        var flow = WorkerBench.OneNode((value, scope, _) =>
        {
            scope.Context = scope.Context.Add(scope.Writer);
            return ++calls < 3 ? throw new InvalidOperationException("not yet") : new(value);
        });
        var worker = bench.Worker(flow);
        var run = await bench.StartAsync(flow);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            await worker.RunOnceAsync(Token);
            bench.Time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal((3, 1), (calls, (await bench.Orchestrator.ContextAsync(flow, run, cancellationToken: Token)).Value));
    }

    [Fact]
    public async Task LongRun_FoldsItsContext()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var flow = WorkerBench.Chain(300);
        var run = await bench.StartAsync(flow);
        await WorkerBench.RunAllAsync(bench.Worker(flow));

        var stored = await bench.Orchestrator.ContextAsync(run, Token);
        Assert.InRange(stored.Deltas.Count, 0, 65);
        Assert.Equal(300, (await bench.Orchestrator.ContextAsync(flow, run, cancellationToken: Token)).Value);
    }

    [Fact]
    public async Task OutcomeThatTheRunRefuses_IsAFailureOfTheNode()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var flow = WorkerBench.OneNode((value, scope, _) =>
        {
            scope.SetAttribute("colour", new string('x', 10_000));
            return new(value);
        });
        await bench.StartAsync(flow);

        var ended = Assert.IsType<WorkerStep.Completed>(await bench.Worker(flow).RunOnceAsync(Token));
        Assert.Equal(WorkflowRunStatus.Failed, ended.Run.Status);
        Assert.Contains("'colour'", ended.Run.Failure, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task FailureOfTheLoop_IsLogged_AndTheLoopGoesOn()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var flow = WorkerBench.Chain(1);
        var broken = new BreakableStore(bench.Store) { IsBroken = true };
        bench.Store = broken;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var loop = bench.Worker(flow).RunForeverAsync(stop.Token);
        await broken.WasAsked;
        while (bench.Logger.Lines.Count == 0 || bench.Time.ArmedTimerCount == 0)
        {
            await Task.Yield();
        }

        broken.IsBroken = false;
        var run = await bench.StartAsync(flow);
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        await bench.Orchestrator.WaitForCompletionAsync(run, Token);
        await stop.CancelAsync();
        await loop;

        Assert.Contains(bench.Logger.Lines, line => line.Level == LogLevel.Error && line.Text.Contains("Worker loop 'w' failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task UnknownVersion_WaitsForAWorkerThatHasIt_AndSaysSo()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var (old, next) = (WorkerBench.Chain(1), WorkerBench.Chain(2, version: 2));
        var worker = bench.Worker(old);
        var run = await bench.StartAsync(next);

        Assert.IsType<WorkerStep.Idle>(await worker.RunOnceAsync(Token));
        Assert.Contains((await bench.Orchestrator.WhyAsync(run, Token)), why => why.Contains("wait for a worker that has chain@2", StringComparison.Ordinal));

        var both = bench.Builder("both").Workflow(old).Workflow(next).Build();
        Assert.Equal(2, (await WorkerBench.RunAllAsync(both)).Count);
        Assert.Equal(["The run has ended: Completed."], await bench.Orchestrator.WhyAsync(run, Token));
    }

    [Fact]
    public async Task ItemThatWasHandedOutTwice_TakesEffectOnce()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var gate = new TaskCompletionSource();
        var calls = 0;
        var flow = WorkerBench.OneNode(async (value, scope, _) =>
        {
            scope.Context = scope.Context.Add(scope.Writer);
            if (Interlocked.Increment(ref calls) == 1)
            {
                await gate.Task;
            }

            return value;
        });
        var run = await bench.StartAsync(flow);

        // The first worker cannot renew, as if it had been cut off, and its item is taken by another.
        var cutOff = bench.Builder("cut-off").Workflow(flow).Store(new BreakableStore(bench.Store) { IsCutOff = true }).Build();
        var first = cutOff.RunOnceAsync(Token).AsTask();
        bench.Time.Advance(WorkerBench.LeaseDuration);
        Assert.IsType<WorkerStep.Completed>(await bench.Worker(flow, "other").RunOnceAsync(Token));
        gate.SetResult();

        var dropped = Assert.IsType<WorkerStep.Stepped>(await first);
        Assert.True(dropped.IsDropped, dropped.Failure);
        Assert.Equal((2, 1), (calls, (await bench.Orchestrator.ContextAsync(flow, run, cancellationToken: Token)).Value));
        Assert.Equal(1, (await bench.Orchestrator.MetricsAsync(run, Token)).Total);
    }

    [Fact(Timeout = 30_000)]
    public async Task CancelledRun_StopsTheNodeInFlight_AndStaysCancelled()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var begun = new TaskCompletionSource();
        var flow = WorkerBench.OneNode(async (value, _, token) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            return value;
        });
        var run = await bench.StartAsync(flow);
        var step = bench.Worker(flow).RunOnceAsync(Token).AsTask();
        await begun.Task;
        await bench.Orchestrator.CancelAsync(run, cancellationToken: Token);
        bench.Time.Advance(WorkerBench.LeaseDuration / 3);

        Assert.True(Assert.IsType<WorkerStep.Stepped>(await step).IsDropped);
        Assert.Equal(WorkflowRunStatus.Cancelled, (await bench.Orchestrator.StatusAsync(run, Token)).Status);
        Assert.Empty(await bench.Orchestrator.ErrorsAsync(run, Token));
    }

    [Fact]
    public async Task StoppedStep_IsGivenBack_AndNoAttemptIsSpent()
    {
        await using var bench = await WorkerBench.OpenAsync();
        using var stop = new CancellationTokenSource();
        var stopped = false;
        var flow = WorkerBench.OneNode(async (value, scope, token) =>
        {
            if (!stopped)
            {
                stopped = true;
                await stop.CancelAsync();
                token.ThrowIfCancellationRequested();
            }

            return scope.Attempt;
        });
        await bench.StartAsync(flow);
        var worker = bench.Worker(flow);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await worker.RunOnceAsync(stop.Token));

        var again = Assert.IsType<WorkerStep.Completed>(await worker.RunOnceAsync(Token));
        Assert.Equal("1", again.Run.Outputs.Single().ToString());
    }
}
