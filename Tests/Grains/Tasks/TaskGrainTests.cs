using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Tasks;

public sealed class TaskGrainTests
{
    private const int Watchdog = 60_000;

    private static readonly TaskSubmission Submission = new() { Role = "r", PayloadJson = """{"n":1}""", MaxRetries = 1, Backoff = TimeSpan.FromSeconds(10) };

    [Fact(Timeout = Watchdog)]
    public async Task Submit_IsQueuedRunAndShownAtItsEnd()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        var task = cluster.Task("t1");
        Assert.True(await task.SubmitAsync(Submission, FlowCluster.Token));
        var ended = FlowCluster.ReadAsync(task.WatchEndAsync(FlowCluster.Token));
        var grant = await worker.NextOfferAsync();
        Assert.Equal((Submission.PayloadJson, 1, 1L), (grant.ParamsJson, grant.Attempt, grant.Token.Epoch));
        Assert.True((await worker.CompleteAsync(grant)).Accepted);

        var view = Assert.Single(await ended);
        Assert.Equal((FlowTaskStatus.Completed, """{"ok":true}"""), (view.Status, view.ResultJson));
        Assert.Equal(FlowTaskStatus.Completed, (await task.GetAsync(FlowCluster.Token))!.Status);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Submit_Repeated_IsFineAndWithOtherContentRefused()
    {
        await using var cluster = await FlowCluster.StartAsync();
        Assert.True(await cluster.Task("t1").SubmitAsync(Submission, FlowCluster.Token));
        Assert.False(await cluster.Task("t1").SubmitAsync(Submission with { }, FlowCluster.Token));

        var other = await Assert.ThrowsAsync<FlowException>(() => cluster.Task("t1").SubmitAsync(Submission with { Priority = 3 }, FlowCluster.Token));
        Assert.Equal(FlowErrorCode.AlreadyExists, other.Code);
        var bad = await Assert.ThrowsAsync<FlowException>(() => cluster.Task("t2").SubmitAsync(Submission with { MaxRetries = 101 }, FlowCluster.Token));
        Assert.Equal(FlowErrorCode.BadInput, bad.Code);
        Assert.Null(await cluster.Task("t3").GetAsync(FlowCluster.Token));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Submit_StoreDown_FailsAndTheRepetitionIsRun()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        cluster.Storage.BeforeWrite = name => name.StartsWith("log-", StringComparison.Ordinal) ? throw new FlowException(FlowErrorCode.StoreUnavailable, "down") : Task.CompletedTask;
        await Assert.ThrowsAsync<FlowException>(() => cluster.Task("t1").SubmitAsync(Submission, FlowCluster.Token));
        cluster.Storage.BeforeWrite = _ => Task.CompletedTask;
        await cluster.WhenDeactivatedAsync(cluster.Grains.GetGrain<ITaskPartitionGrain>(TaskPartitions.KeyOf(TaskId.Standalone("t1"))));

        Assert.True(await cluster.Task("t1").SubmitAsync(Submission, FlowCluster.Token));
        Assert.True((await worker.CompleteAsync(await worker.NextOfferAsync())).Accepted);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Failure_Transient_IsOfferedAgainAfterItsBackOff()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.Task("t1").SubmitAsync(Submission, FlowCluster.Token);
        await worker.EndAsync(await worker.NextOfferAsync(), AttemptEnd.Failed, failure: new TaskFailure("oops", false, "no"));
        cluster.Clock.Advance(TimeSpan.FromSeconds(9.999));
        Assert.Equal(FlowTaskStatus.BackingOff, (await cluster.Task("t1").GetAsync(FlowCluster.Token))!.Status);

        cluster.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var second = await worker.NextOfferAsync();
        Assert.Equal((2L, 2), (second.Token.Epoch, second.Attempt));
        await worker.EndAsync(second, AttemptEnd.Failed, failure: new TaskFailure("oops", false, "no"));
        Assert.Equal(FlowTaskStatus.Failed, (await cluster.Task("t1").GetAsync(FlowCluster.Token))!.Status);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Cancel_IsFinalAndTellsTheWorker()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.Task("t1").SubmitAsync(Submission, FlowCluster.Token);
        var grant = await worker.NextOfferAsync();

        Assert.Equal(FlowTaskStatus.Cancelled, (await cluster.Task("t1").CancelAsync("enough", FlowCluster.Token)).Status);
        Assert.Equal((grant.Token, "cancelled"), await worker.NextStopAsync());
        Assert.Equal("lease_lost", (await worker.CompleteAsync(grant)).RefusedReason);
        Assert.Equal(FlowTaskStatus.Cancelled, (await cluster.Task("t1").CancelAsync("again", FlowCluster.Token)).Status);
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => cluster.Task("t9").CancelAsync("x", FlowCluster.Token))).Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task SiloCrash_LeasedTaskOfAWorkerThatIsGone_IsOfferedAgain()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var gone = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.Task("t1").SubmitAsync(Submission, FlowCluster.Token);
        var first = await gone.NextOfferAsync();
        await cluster.CrashAsync();
        var other = await cluster.StartWorkerAsync("w2", 1, "r");
        Assert.Equal(FlowTaskStatus.Leased, (await cluster.Task("t1").GetAsync(FlowCluster.Token))!.Status);

        cluster.Clock.Advance(TimeSpan.FromSeconds(5));
        var second = await other.NextOfferAsync();
        Assert.Equal(first.Token.Epoch + 1, second.Token.Epoch);
        Assert.True((await other.CompleteAsync(second)).Accepted);
    }
}
