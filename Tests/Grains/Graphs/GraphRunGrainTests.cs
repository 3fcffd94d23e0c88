using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Graphs;

public sealed class GraphRunGrainTests
{
    private const int Watchdog = 60_000;

    [Fact(Timeout = Watchdog)]
    public async Task Run_OfThreeNodes_GoesThroughQueueWorkerAndOwnerToItsEnd()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 4, "scan", "sum");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"scan","tasks":3,"params":{"x":1}},{"id":"b","role":"sum","depends_on":["a"]}""");

        for (var done = 0; done < 4;)
        {
            foreach (var grant in await worker.NextOffersAsync())
            {
                Assert.True((await worker.BatchAsync(grant, 0)).Accepted);
                Assert.True((await worker.CompleteAsync(grant, 1)).Accepted);
                done++;
            }
        }

        var run = await cluster.WhenEndedAsync("r1");
        Assert.Equal(RunStatus.Completed, run.Status);
        Assert.Equal((3, 30, 30.0), (run.Nodes[0].Batches, run.Nodes[0].Rows, run.Nodes[0].Metrics!["rows"]));
        Assert.All(run.Nodes.SelectMany(node => node.Tasks), task => Assert.Equal((1, 1L), (task.Attempt, task.Epoch)));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Submit_Repeated_IsFineAndWithAnotherDocumentRefused()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");

        Assert.False(await cluster.Run("r1").SubmitAsync(new RunSubmission { DocumentJson = """{"nodes":[{"role":"r","id":"a"}],"name":"test"}""" }, FlowCluster.Token));
        var other = await Assert.ThrowsAsync<FlowException>(
            () => cluster.Run("r1").SubmitAsync(new RunSubmission { DocumentJson = FlowCluster.Document("""{"id":"b","role":"r"}""") }, FlowCluster.Token));
        Assert.Equal(FlowErrorCode.AlreadyExists, other.Code);
        var faulty = await Assert.ThrowsAsync<FlowException>(() => cluster.Run("r2").SubmitAsync(new RunSubmission { DocumentJson = "{}" }, FlowCluster.Token));
        Assert.Equal((FlowErrorCode.BadGraph, 2), (faulty.Code, faulty.Problems.Count));
        Assert.Null(await cluster.Run("r2").GetAsync(FlowCluster.Token));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Submit_FailedWrite_AcknowledgesNothingAndLeavesStateWhole()
    {
        await using var cluster = await FlowCluster.StartAsync();
        cluster.Storage.BeforeWrite = name => name == "run" ? throw new IOException("disk") : Task.CompletedTask;

        var failure = await Assert.ThrowsAsync<FlowException>(() => cluster.SubmitAsync("r1", """{"id":"a","role":"r"}"""));
        Assert.Equal(FlowErrorCode.StoreUnavailable, failure.Code);
        Assert.Empty(cluster.Storage.Rows("run"));

        cluster.Storage.BeforeWrite = _ => Task.CompletedTask;
        await cluster.WhenDeactivatedAsync(cluster.Run("r1"));
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");
        Assert.Single(cluster.Storage.Rows("run"));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Artifacts_OfANode_ComeInPagesOrderedByTaskAndNumber()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 2, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r","tasks":2}""");
        foreach (var grant in await worker.NextOffersAsync())
        {
            for (var index = 0; index < 3; index++)
            {
                Assert.True((await worker.BatchAsync(grant, index)).Accepted);
            }
        }

        var positions = new List<(int, int)>();
        var sizes = new List<int>();
        for (int? begin = 0; begin is { } position;)
        {
            var page = await cluster.Run("r1").GetArtifactsAsync("a", position, 2, FlowCluster.Token);
            Assert.False(page.Complete);
            positions.AddRange(page.Batches.Select(batch => (batch.TaskIndex, batch.Index)));
            sizes.Add(page.Batches.Count);
            begin = page.Next;
        }

        Assert.Equal([(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)], positions);
        Assert.Equal([2, 2, 2], sizes);
        Assert.Single((await cluster.Run("r1").GetArtifactsAsync("a", 5, 2, FlowCluster.Token)).Batches);
        Assert.Empty((await cluster.Run("r1").GetArtifactsAsync("a", 6, 2, FlowCluster.Token)).Batches);
        foreach (var (begin, limit) in ((int, int)[])[(-1, 1), (0, 0), (0, ArtifactPage.BatchesMax + 1)])
        {
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => cluster.Run("r1").GetArtifactsAsync("a", begin, limit, FlowCluster.Token));
        }
    }

    [Fact(Timeout = Watchdog)]
    public async Task Effect_FailedWrite_IsNeitherAcknowledgedNorKept()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");
        var grant = await worker.NextOfferAsync();
        await worker.BatchAsync(grant, 0);
        cluster.Storage.BeforeWrite = name => name == "run" ? throw new FlowException(FlowErrorCode.StoreFull, "full") : Task.CompletedTask;

        Assert.Equal(FlowErrorCode.StoreFull, (await Assert.ThrowsAsync<FlowException>(() => worker.BatchAsync(grant, 1))).Code);

        cluster.Storage.BeforeWrite = _ => Task.CompletedTask;
        await cluster.WhenDeactivatedAsync(cluster.Run("r1"));
        Assert.Single((await cluster.Run("r1").GetArtifactsAsync("a", 0, 10, FlowCluster.Token)).Batches);
        Assert.True((await worker.BatchAsync(grant, 1)).Accepted);
        Assert.True((await worker.CompleteAsync(grant, 2)).Accepted);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Effects_OfManyCallers_ShareWrites()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 64, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r","tasks":64}""");
        var grants = new List<LeaseGrant>();
        while (grants.Count < 64)
        {
            grants.AddRange(await worker.NextOffersAsync());
        }

        var (writes, gate) = (0, new TaskCompletionSource());
        cluster.Storage.BeforeWrite = async name =>
        {
            if (name == "run" && Interlocked.Increment(ref writes) == 1)
            {
                await gate.Task;
            }
        };
        var first = worker.BatchAsync(grants[0], 0);
        while (Volatile.Read(ref writes) == 0)
        {
            await Task.Yield();
        }

        // Straight to the owner, so that the call after them is answered after all of them have decided.
        var rest = grants.Skip(1).Select(grant => cluster.Run("r1").ReportBatchAsync(TestWorker.Report(grant, 0), FlowCluster.Token)).ToArray();
        await cluster.Run("r1").GetAsync(FlowCluster.Token);
        Assert.False(first.IsCompleted);
        gate.SetResult();

        Assert.All(await Task.WhenAll([first, .. rest]), receipt => Assert.True(receipt.Accepted));
        Assert.Equal(2, writes);
    }

    [Fact(Timeout = Watchdog)]
    public async Task LostConnection_AfterTheGrace_MovesTheTaskToAnotherWorkerWithTheNextEpoch()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var lost = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");
        var first = await lost.NextOfferAsync();
        await lost.BatchAsync(first, 0);
        var other = await cluster.StartWorkerAsync("w2", 1, "r");
        var ended = cluster.WhenAsync("r1", change => change.Reason == "connection_lost");
        await lost.DisconnectAsync();
        cluster.Clock.Advance(TimeSpan.FromMilliseconds(499));
        Assert.Equal(FlowTaskStatus.Leased, (await cluster.Task("r1/a/0").GetAsync(FlowCluster.Token))!.Status);

        cluster.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await ended;
        var second = await other.NextOfferAsync();
        Assert.Equal((2L, 2, 1), (second.Token.Epoch, second.Attempt, second.AcceptedBatches));
        Assert.Equal(new EffectReceipt(false, "lease_lost"), await lost.BatchAsync(first, 1));
        Assert.True((await other.BatchAsync(second, 1)).Accepted);
        await other.CompleteAsync(second, 2);

        var run = await cluster.WhenEndedAsync("r1");
        Assert.Equal((RunStatus.Completed, 1L, 2L), (run.Status, run.RefusedEffects, run.Nodes[0].Batches));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Reconnect_WithinTheGrace_KeepsTheLease()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");
        var grant = await worker.NextOfferAsync();
        await worker.DisconnectAsync();
        cluster.Clock.Advance(TimeSpan.FromMilliseconds(400));

        Assert.Empty((await worker.RegisterAsync(grant.Token)).Lost);
        cluster.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True((await worker.CompleteAsync(grant)).Accepted);
    }

    [Fact(Timeout = Watchdog)]
    public async Task SilentWorker_LosesItsLeaseWhenItExpires()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var silent = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");
        var first = await silent.NextOfferAsync();
        cluster.Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(FlowTaskStatus.Leased, (await cluster.Task("r1/a/0").GetAsync(FlowCluster.Token))!.Status);

        var expired = cluster.WhenAsync("r1", change => change.Reason == "lease_expired");
        cluster.Clock.Advance(TimeSpan.FromSeconds(1));
        await expired;

        Assert.Equal("lease_lost", (await silent.CompleteAsync(first)).RefusedReason);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Heartbeats_RenewTheLeaseForAsLongAsTheyCome()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");
        var grant = await worker.NextOfferAsync();
        for (var beat = 0; beat < 40; beat++)
        {
            cluster.Clock.Advance(TimeSpan.FromSeconds(5));
            Assert.Empty(await worker.HeartbeatAsync());
        }

        Assert.True((await worker.CompleteAsync(grant)).Accepted);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Failure_Transient_IsRetriedAfterItsBackOff()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r","retry":{"max":1,"backoff_sec":10}}""");
        var first = await worker.NextOfferAsync();
        await worker.EndAsync(first, AttemptEnd.Failed, failure: new TaskFailure("oops", false, "no"));
        Assert.Equal(FlowTaskStatus.BackingOff, (await cluster.Task("r1/a/0").GetAsync(FlowCluster.Token))!.Status);

        cluster.Clock.Advance(TimeSpan.FromSeconds(10));
        var second = await worker.NextOfferAsync();
        Assert.Equal((2L, 2), (second.Token.Epoch, second.Attempt));
        await worker.EndAsync(second, AttemptEnd.Failed, failure: new TaskFailure("oops", false, "no"));

        var run = await cluster.WhenEndedAsync("r1");
        Assert.Equal((RunStatus.Failed, "oops"), (run.Status, run.Failure!.Reason));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Cancel_TellsTheWorkerAndRefusesEveryLaterEffect()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r","tasks":2},{"id":"b","role":"r","depends_on":["a"]}""");
        var grant = await worker.NextOfferAsync();

        var run = await cluster.Run("r1").CancelAsync("enough", FlowCluster.Token);

        Assert.Equal((RunStatus.Cancelled, "enough"), (run.Status, run.CancelReason));
        Assert.All(run.Nodes.SelectMany(node => node.Tasks), task => Assert.Equal(FlowTaskStatus.Cancelled, task.Status));
        Assert.Equal((grant.Token, "cancelled"), await worker.NextStopAsync());
        Assert.Equal("lease_lost", (await worker.BatchAsync(grant, 0)).RefusedReason);
        Assert.Equal("lease_lost", (await worker.CompleteAsync(grant)).RefusedReason);
        Assert.Equal("enough", (await cluster.Run("r1").CancelAsync("again", FlowCluster.Token)).CancelReason);
        Assert.Equal(1 + 1, (await cluster.Run("r1").GetAsync(FlowCluster.Token))!.RefusedEffects);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancel_WithAGrace_TellsTheWorkerHowLongItMayTake(bool isInner)
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.SubmitAsync("r1", isInner ? """{"id":"a","graph":{"nodes":[{"id":"b","role":"r"}]}}""" : """{"id":"a","role":"r"}""");
        await worker.NextOfferAsync();

        await cluster.Run("r1").CancelWithGraceAsync("enough", TimeSpan.FromSeconds(10), FlowCluster.Token);

        Assert.Equal("cancelled", (await worker.NextStopAsync()).Reason);
        Assert.Equal(TimeSpan.FromSeconds(10), worker.LastGrace);
    }
}
