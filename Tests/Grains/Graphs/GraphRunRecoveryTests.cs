using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>A silo dies at any moment; a run goes on with nothing lost and nothing counted twice.</summary>
public sealed class GraphRunRecoveryTests
{
    private const int Watchdog = 60_000;

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SiloCrash_AfterSubmit_TheTasksAreOfferedByTheNextSilo(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");
        await cluster.CrashAsync();
        await cluster.Run("r1").RecoverAsync(FlowCluster.Token);
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await worker.CompleteAsync(await worker.NextOfferAsync());

        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("r1")).Status);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SiloCrash_WorkerComesBack_KeepsItsLeaseAndItsBatches(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");
        var grant = await worker.NextOfferAsync();
        await worker.BatchAsync(grant, 0);
        await cluster.CrashAsync();
        cluster.Clock.Advance(TimeSpan.FromSeconds(3));

        Assert.Empty((await worker.RegisterAsync(grant.Token)).Lost);
        cluster.Clock.Advance(TimeSpan.FromSeconds(10));
        await worker.HeartbeatAsync();
        Assert.True((await worker.BatchAsync(grant, 0)).Accepted);
        Assert.True((await worker.BatchAsync(grant, 1)).Accepted);
        Assert.True((await worker.CompleteAsync(grant, 2)).Accepted);

        var run = await cluster.WhenEndedAsync("r1");
        Assert.Equal((RunStatus.Completed, 2L, 20L, 20.0), (run.Status, run.Nodes[0].Batches, run.Nodes[0].Rows, run.Nodes[0].Metrics!["rows"]));
        Assert.Equal(1, run.Nodes[0].Tasks[0].Epoch);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SiloCrash_WorkerDoesNotComeBack_LosesItsLeaseAfterTheServingGraceAndNotBefore(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var gone = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");
        var first = await gone.NextOfferAsync();
        await cluster.CrashAsync();
        await cluster.Run("r1").RecoverAsync(FlowCluster.Token);
        var other = await cluster.StartWorkerAsync("w2", 1, "r");
        cluster.Clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(FlowTaskStatus.Leased, (await cluster.Task("r1/a/0").GetAsync(FlowCluster.Token))!.Status);

        var lost = cluster.WhenAsync("r1", change => change.Reason == "connection_lost");
        cluster.Clock.Advance(TimeSpan.FromSeconds(0.1));
        await lost;
        var second = await other.NextOfferAsync();
        Assert.Equal(first.Token.Epoch + 1, second.Token.Epoch);
        await other.CompleteAsync(second);

        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("r1")).Status);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SiloCrash_BetweenCommitAndDelivery_DeliversWhatIsOwed(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var queueFails = true;
        cluster.Storage.BeforeWrite = name => queueFails && !name.StartsWith("run", StringComparison.Ordinal) && name != "worker" ? throw new IOException("down") : Task.CompletedTask;
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");
        await cluster.CrashAsync();
        queueFails = false;
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.Run("r1").RecoverAsync(FlowCluster.Token);
        await worker.CompleteAsync(await worker.NextOfferAsync());

        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("r1")).Status);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData("r1/a/0")]
    [InlineData("alone")]
    public async Task Restore_OfABackup_LetsNothingLeasedBeforeWrite(string task)
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        if (task == "alone")
        {
            await cluster.Task(task).SubmitAsync(new TaskSubmission { Role = "r" }, FlowCluster.Token);
        }
        else
        {
            await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");
        }

        // The backup is what is stored now: the lease stands in it. Then the store is restored.
        var before = await worker.NextOfferAsync();
        cluster.Generation.Generation = 2;
        await cluster.CrashAsync();

        Assert.Equal([before.Token], (await worker.RegisterAsync(before.Token)).Lost);
        Assert.False((await worker.BatchAsync(before, 0)).Accepted);
        Assert.False((await worker.CompleteAsync(before)).Accepted);
        var after = await worker.NextOfferAsync();
        Assert.Equal((1L << 40) + 1, after.Token.Epoch);
        Assert.True((await worker.CompleteAsync(after)).Accepted);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Reminder_StandsFromSubmitUntilEverybodyKnowsTheEnd()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");
        Assert.Equal(["run"], await cluster.RemindersAsync(cluster.Run("r1")));
        await cluster.Run("r1").CancelAsync("enough", FlowCluster.Token);

        while ((await cluster.RemindersAsync(cluster.Run("r1"))).Count > 0)
        {
            FlowCluster.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.Contains("\"settled\":true", Assert.Single(cluster.Storage.Rows("run")), StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Listing_ShowsTheRunWithItsNewestStatus()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var settled = new TaskCompletionSource<bool>();
        cluster.Storage.AfterWrite = (name, json) =>
        {
            if (name == "run" && json.Contains("\"settled\":true", StringComparison.Ordinal))
            {
                settled.TrySetResult(true);
            }
        };
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");
        await cluster.Run("r1").CancelAsync("enough", FlowCluster.Token);
        await settled.Task.WaitAsync(FlowCluster.Token);

        var catalog = cluster.Grains.GetGrain<IRunCatalogGrain>(RunShards.KeyOf(new RunId("r1")));
        var entry = Assert.Single(await catalog.ListAsync(10, null, default, [], FlowCluster.Token));
        Assert.Equal((RunStatus.Cancelled, 0), (entry.Run.Status, entry.Run.Nodes.Count));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SiloCrash_AfterAnEarlyStartWasTakenBack_TheNodeStillWaitsForItsParents(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var maker = await cluster.StartWorkerAsync("w1", 1, "make");
        var reader = await cluster.StartWorkerAsync("w2", 1, "read");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"make","tasks":2},{"id":"b","role":"read","depends_on":["a"],"start_when":"first_batch"}""");
        var made = await maker.NextOfferAsync();
        await maker.BatchAsync(made, 0);
        var early = await reader.NextOfferAsync();
        await maker.DrainAsync();
        await maker.CompleteAsync(made, 1);
        cluster.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal((early.Token, "slot_needed"), await reader.NextStopAsync());
        Assert.False((await reader.CompleteAsync(early)).Accepted);
        await cluster.CrashAsync();

        await cluster.Run("r1").RecoverAsync(FlowCluster.Token);
        await reader.RegisterAsync();
        Assert.Equal(FlowTaskStatus.Pending, (await cluster.Task("r1/b/0").GetAsync(FlowCluster.Token))!.Status);
        var other = await cluster.StartWorkerAsync("w3", 1, "make");
        await other.CompleteAsync(await other.NextOfferAsync());

        var again = await reader.NextOfferAsync();
        Assert.Equal((early.Token.Epoch + 1, early.Token.TaskId), (again.Token.Epoch, again.Token.TaskId));
        await reader.CompleteAsync(again);
        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("r1")).Status);
    }
}
