using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>
/// Goal: what coordinators of this kind are known to get wrong is right here, one test for each such fault. Method: the clock stands unless
/// a test moves it, so that whatever happens needs no tick.
/// </summary>
public sealed class RunPromiseTests
{
    private const int Watchdog = 60_000;

    [Fact(Timeout = Watchdog)]
    public async Task RoleWithoutAWorker_DelaysNoOtherRole()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await cluster.SubmitAsync("r1", """{"id":"a","role":"nobody","priority":100},{"id":"b","role":"r"}""");
        await cluster.SubmitAsync("r2", """{"id":"c","role":"r"}""");

        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        var first = await worker.NextOfferAsync();
        await worker.CompleteAsync(first);
        var second = await worker.NextOfferAsync();

        // Which run's task comes to the queue first is not said.
        Assert.Equal(["r1/b/0", "r2/c/0"], new[] { first.Token.TaskId.Value, second.Token.TaskId.Value }.Order());
        await worker.CompleteAsync(second);
        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("r2")).Status);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Adoption_IsPossibleAsOftenAsTheWorkerComesBack()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");
        var grant = await worker.NextOfferAsync();

        for (var time = 0; time < 5; time++)
        {
            await worker.BatchAsync(grant, time);
            await worker.DisconnectAsync();
            cluster.Clock.Advance(TimeSpan.FromMilliseconds(400));
            Assert.Empty((await worker.RegisterAsync(grant.Token)).Lost);
        }

        Assert.True((await worker.CompleteAsync(grant, 5)).Accepted);
        var run = await cluster.WhenEndedAsync("r1");
        Assert.Equal((RunStatus.Completed, 5L, 1L, 1), (run.Status, run.Nodes[0].Batches, run.Nodes[0].Tasks[0].Epoch, run.Nodes[0].Tasks[0].Attempt));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Adoption_IsForTheHolderAlone()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var holder = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");
        var grant = await holder.NextOfferAsync();

        var pretender = new TestWorker(cluster, "w2", 1, ["r"]);
        Assert.Equal([grant.Token], (await pretender.RegisterAsync(grant.Token)).Lost);

        Assert.Empty(await holder.HeartbeatAsync());
        Assert.True((await holder.CompleteAsync(grant)).Accepted);
    }

    [Fact(Timeout = Watchdog)]
    public async Task PermanentFailure_OfOneRun_DelaysNoOther()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r","tasks":50},{"id":"b","role":"r","depends_on":["a"]}""");
        var doomed = await worker.NextOfferAsync();
        await cluster.SubmitAsync("r2", """{"id":"a","role":"r"}""");

        await worker.EndAsync(doomed, AttemptEnd.Failed, failure: new TaskFailure("bad_input", true, "no"));

        Assert.Equal(RunStatus.Failed, (await cluster.Run("r1").GetAsync(FlowCluster.Token))!.Status);
        var next = await worker.NextOfferAsync();
        Assert.Equal("r2/a/0", next.Token.TaskId.Value);
        await worker.CompleteAsync(next);
        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("r2")).Status);
    }

    [Fact(Timeout = Watchdog)]
    public async Task StoreThatFailedEveryWrite_OnceItIsBack_LeavesNothingStanding()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 2, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");
        var grant = await worker.NextOfferAsync();
        cluster.Storage.BeforeWrite = _ => throw new IOException("down");
        for (var time = 0; time < 3; time++)
        {
            await Assert.ThrowsAsync<FlowException>(() => worker.BatchAsync(grant, 0));
            await Assert.ThrowsAsync<FlowException>(() => cluster.SubmitAsync($"lost-{time}", """{"id":"a","role":"r"}"""));
        }

        cluster.Storage.BeforeWrite = _ => Task.CompletedTask;
        await cluster.SubmitAsync("r2", """{"id":"a","role":"r"}""");
        Assert.True((await worker.BatchAsync(grant, 0)).Accepted);
        Assert.True((await worker.CompleteAsync(grant, 1)).Accepted);
        var next = await worker.NextOfferAsync();
        Assert.Equal("r2/a/0", next.Token.TaskId.Value);
        await worker.CompleteAsync(next);

        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("r1")).Status);
        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("r2")).Status);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AttemptThatEndedWhileTheSiloWasDown_CountsOnceTheWorkerIsBack(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":["a"]}""");
        var grant = await worker.NextOfferAsync();

        // It has done its work by now, and nobody heard of it.
        await cluster.CrashAsync();
        Assert.Empty((await worker.RegisterAsync(grant.Token)).Lost);
        Assert.True((await worker.BatchAsync(grant, 0)).Accepted);
        Assert.True((await worker.CompleteAsync(grant, 1)).Accepted);

        var next = await worker.NextOfferAsync();
        Assert.Equal("r1/b/0", next.Token.TaskId.Value);
        await worker.CompleteAsync(next);
        var run = await cluster.WhenEndedAsync("r1");
        Assert.Equal((RunStatus.Completed, 1L, 1L), (run.Status, run.Nodes[0].Tasks[0].Epoch, run.Nodes[0].Batches));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Consumers_OfOneParent_EachReadEverything()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 3, "make", "read");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"make"},{"id":"b","role":"read","depends_on":["a"]},{"id":"c","role":"read","depends_on":["a"],"start_when":"first_batch"}""");
        var maker = await worker.NextOfferAsync();
        for (var index = 0; index < 5; index++)
        {
            await worker.BatchAsync(maker, index);
        }

        await worker.CompleteAsync(maker, 5);
        var readers = new List<LeaseGrant>();
        while (readers.Count < 2)
        {
            readers.AddRange(await worker.NextOffersAsync());
        }

        foreach (var reader in readers)
        {
            var read = await FlowCluster.ReadAsync(cluster.Run("r1").ReadInputsAsync(reader.Token, "", FlowCluster.Token));
            Assert.Equal([0, 1, 2, 3, 4], read.Select(artifact => artifact.Index));
        }
    }

    /// <summary>Holder, silo and callers are gone for longer than the lease: what brings the task back is the reminder of the run alone.</summary>
    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reminder_WithEverybodyGonePastTheLease_MakesTheTaskReadyByItself(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var gone = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");
        var first = await gone.NextOfferAsync();
        cluster.Clock.Advance(TimeSpan.FromSeconds(1));
        await cluster.CrashAsync();
        var ready = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Storage.AfterWrite = (name, json) =>
        {
            if (name.StartsWith("run-tasks", StringComparison.Ordinal) && !json.Contains("\"lease\"", StringComparison.Ordinal))
            {
                ready.TrySetResult(true);
            }
        };

        await cluster.AdvanceUntilAsync(ready.Task, TimeSpan.FromSeconds(10));
        var other = await cluster.StartWorkerAsync("w2", 1, "r");
        var second = await other.NextOfferAsync();

        Assert.Equal((first.Token.TaskId, first.Token.Epoch + 1), (second.Token.TaskId, second.Token.Epoch));
        await other.CompleteAsync(second);
        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("r1")).Status);
    }
}
