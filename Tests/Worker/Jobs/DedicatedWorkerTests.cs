using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Tests.Worker.Scripting;
using static OrleansFlow.Tests.Worker.Jobs.JobPrograms;

namespace OrleansFlow.Tests.Worker.Jobs;

/// <summary>Goal: a worker that is there for one job. Method: orders in process, manual clock.</summary>
public class DedicatedWorkerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task DedicatedWorker_TakesNoOtherJob()
    {
        await using var worker = new JobHarness(setup => setup with { JobId = "mine" });

        var refused = Assert.Throws<FlowException>(() => worker.Host.Start(Start(Numbers(Blackhole))));

        Assert.Equal("Worker 'w1' takes job 'mine' only (JOB_ID), not 'j1'.", refused.Message);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task DedicatedWorker_EndsASecondAfterItsJobWasFinished_AndNotWithAnOlderRun()
    {
        await using var worker = new JobHarness(setup => setup with { JobId = "j1" });
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var end = worker.Host.EndWithJobAsync(ends);
        await worker.StartAsync(Start(Numbers(Blackhole), generation: 2));

        await worker.Host.FinishAsync(new JobFinishedRequest { Context = Context(1) }, Token);
        Assert.False(worker.Host.DedicatedFinished.Task.IsCompleted);

        await worker.Host.FinishAsync(new JobFinishedRequest { Context = Context(2) }, Token);
        await WorkerHarness.WhenAsync(() => worker.Host.Held.Count == 0 && worker.Clock.ArmedTimerCount >= 1);
        Assert.False(ends.IsCancellationRequested);
        worker.Clock.Advance(TimeSpan.FromSeconds(1));
        await end;
        Assert.True(ends.IsCancellationRequested);
    }
}
