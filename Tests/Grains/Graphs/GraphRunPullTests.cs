using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>Goal: what an input adapter reads of a run is every batch once, from wherever it goes on, and it waits for no tick.</summary>
public sealed class GraphRunPullTests
{
    private const int Watchdog = 60_000;

    private const string Streaming = """
        {"id":"a","role":"make"},{"id":"b","role":"make"},
        {"id":"c","role":"take","depends_on":["a","b"],"start_when":"first_batch","input":{"adapter":"pull.artifacts","args":{"from_node":"b"}}}
        """;

    [Fact(Timeout = Watchdog)]
    public async Task Grant_OfANodeWithAnAdapter_CarriesItAndThePositionOfTheLastAcceptedBatch()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 3, "make", "take");
        await cluster.SubmitAsync("r1", Streaming);
        var (_, take) = await StartAsync(worker);
        Assert.Equal(("pull.from_artifacts", """{"from_node":"b"}""", null), (take.InputAdapter, take.InputArgsJson, take.InputPosition));

        await cluster.Task(take.Token.TaskId.Value).ReportBatchAsync(TestWorker.Report(take, 0) with { InputPosition = "7+2" }, FlowCluster.Token);
        var tooLong = await cluster.Task(take.Token.TaskId.Value).ReportBatchAsync(TestWorker.Report(take, 1) with { InputPosition = new string('x', 2_049) }, FlowCluster.Token);
        await cluster.DeactivateAsync(cluster.Run("r1"));
        await worker.EndAsync(take, AttemptEnd.Stopped);
        var again = await worker.NextOfferAsync();

        Assert.Equal((false, "bad_input"), (tooLong.Accepted, tooLong.RefusedReason));
        Assert.Equal((1, "7+2"), (again.AcceptedBatches, again.InputPosition));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Pull_GoesOnAfterAnySequence_OfSomeParents_AsTheyAreAccepted()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 3, "make", "take");
        await cluster.SubmitAsync("r1", Streaming);
        var (makers, take) = await StartAsync(worker);
        await worker.BatchAsync(makers["b"], 0);
        await worker.BatchAsync(makers["a"], 1);

        var all = cluster.Run("r1").PullInputsAsync(take.Token, new InputPull(), FlowCluster.Token).GetAsyncEnumerator(FlowCluster.Token);
        var after = cluster.Run("r1").PullInputsAsync(take.Token, new InputPull { After = 2 }, FlowCluster.Token).GetAsyncEnumerator(FlowCluster.Token);
        var some = FlowCluster.ReadAsync(cluster.Run("r1").PullInputsAsync(take.Token, new InputPull { Nodes = ["b"] }, FlowCluster.Token));
        Assert.Equal(["a0#1", "b0#2", "a1#3"], [await NextAsync(all), await NextAsync(all), await NextAsync(all)]);
        Assert.Equal("a1#3", await NextAsync(after));

        // Both wait now; what is accepted is theirs at once.
        var (first, second) = (NextAsync(all), NextAsync(after));
        await worker.BatchAsync(makers["b"], 1);
        Assert.Equal(["b1#4", "b1#4"], [await first, await second]);
        await worker.CompleteAsync(makers["a"], 2);
        await worker.CompleteAsync(makers["b"], 2);

        Assert.False(await all.MoveNextAsync());
        Assert.False(await after.MoveNextAsync());
        Assert.Equal(["b0#2", "b1#4"], (await some).Select(Name));
        Assert.Equal([1L, 1], (await some).Select(reference => reference.Epoch));
        await all.DisposeAsync();
        await after.DisposeAsync();
    }

    [Fact(Timeout = Watchdog)]
    public async Task Pull_Of10000Batches_InSeveralShares_GivesEachBatchToOneReader()
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        var worker = await cluster.StartWorkerAsync("w1", 3, "make", "take");
        await cluster.SubmitAsync("r1", Streaming);
        var (makers, take) = await StartAsync(worker);
        var readers = Enumerable.Range(0, 3)
            .Select(share => FlowCluster.ReadAsync(cluster.Run("r1").PullInputsAsync(take.Token, new InputPull { ShareIndex = share, ShareCount = 3 }, FlowCluster.Token)))
            .ToList();

        // The first batch started the reader.
        for (var begin = 1; begin < 10_000; begin += 500)
        {
            await Task.WhenAll(Enumerable.Range(begin, Math.Min(500, 10_000 - begin)).Select(index => worker.BatchAsync(makers["a"], index)));
        }

        await worker.CompleteAsync(makers["a"], 10_000);
        await worker.CompleteAsync(makers["b"]);
        var shares = await Task.WhenAll(readers);

        Assert.Equal(Enumerable.Range(0, 10_000), shares.SelectMany(share => share).Select(reference => reference.Index).Order());
        Assert.All(shares, share => Assert.InRange(share.Count, 3_333, 3_334));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pull_KeptOpen_OutlivesTheEndOfItsParents(bool keepsOpen)
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 3, "make", "take");
        await cluster.SubmitAsync("r1", Streaming);
        var (makers, take) = await StartAsync(worker);
        await using var reader = cluster.Run("r1").PullInputsAsync(take.Token, new InputPull { KeepOpen = keepsOpen }, FlowCluster.Token).GetAsyncEnumerator(FlowCluster.Token);
        await NextAsync(reader);
        var next = reader.MoveNextAsync().AsTask();

        await worker.CompleteAsync(makers["a"], 1);
        await worker.CompleteAsync(makers["b"]);

        if (!keepsOpen)
        {
            Assert.False(await next);
            return;
        }

        // Nothing but the run's end ends it.
        Assert.Equal(RunStatus.Running, (await cluster.Run("r1").GetAsync(FlowCluster.Token))!.Status);
        Assert.False(next.IsCompleted);
        await cluster.Run("r1").CancelAsync("enough", FlowCluster.Token);
        Assert.Equal(FlowErrorCode.LeaseLost, (await Assert.ThrowsAsync<FlowException>(() => next)).Code);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData("fail", RunStatus.Failed, "upstream_failed")]
    [InlineData("end_of_input", RunStatus.Running, null)]
    public async Task Pull_KeptOpen_OfAnUpstreamThatFailedForGood_EndsAsTheGraphSays(string onFailure, RunStatus status, string? reason)
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 4, "make", "take", "mend");
        await cluster.SubmitAsync("r1", $$"""
            {"id":"a","role":"make","retry":{ "max":0 },"routing":{"on_failure":["m"] } },{"id":"m","role":"mend"},
            {"id":"c","role":"take","depends_on":["a"],"start_when":"first_batch","on_upstream_failure":"{{onFailure}}","routing":{"on_failure":["n"] },
             "input":{"adapter":"pull.artifacts","args":{"eof_on_task_done":false } } },
            {"id":"n","role":"mend"}
            """);
        var maker = await worker.NextOfferAsync();
        await worker.BatchAsync(maker, 0);
        var take = await worker.NextOfferAsync();
        await using var reader = cluster.Run("r1").PullInputsAsync(take.Token, new InputPull { KeepOpen = true }, FlowCluster.Token).GetAsyncEnumerator(FlowCluster.Token);
        await NextAsync(reader);
        var next = reader.MoveNextAsync().AsTask();

        await worker.EndAsync(maker, AttemptEnd.Failed, failure: new TaskFailure("broken", true, "it broke"));

        if (reason is null)
        {
            Assert.False(await next);
        }
        else
        {
            Assert.Equal(FlowErrorCode.LeaseLost, (await Assert.ThrowsAsync<FlowException>(() => next)).Code);
        }

        var node = (await cluster.Run("r1").GetAsync(FlowCluster.Token))!.Nodes.Single(one => one.NodeId == "c");
        Assert.Equal((status, reason), (node.Status, node.Failure?.Reason));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Pull_KeptOpen_OverARerunOfItsUpstream_ReadsWhatWasMadeAgain()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 4, "make", "take");
        await cluster.SubmitAsync("r1", """
            {"id":"a","role":"make"},
            {"id":"c","role":"take","depends_on":["a"],"start_when":"first_batch","input":{"adapter":"pull.artifacts","args":{"eof_on_task_done":false}}}
            """);
        var maker = await worker.NextOfferAsync();
        await worker.BatchAsync(maker, 0);
        var take = await worker.NextOfferAsync();
        await worker.CompleteAsync(maker, 1);
        Assert.Equal(RunStatus.Running, (await cluster.Run("r1").GetAsync(FlowCluster.Token))!.Status);

        await cluster.Run("r1").ReopenAsync("a", "new data", FlowCluster.Token);
        var again = await worker.NextOfferAsync();
        Assert.Equal("a", again.Token.TaskId.Node);
        await worker.BatchAsync(again, 0);
        var reading = await worker.NextOfferAsync();
        Assert.Equal((take.Token.TaskId, true), (reading.Token.TaskId, reading.Token.Epoch > take.Token.Epoch));
        await using var reader = cluster.Run("r1").PullInputsAsync(reading.Token, new InputPull { KeepOpen = true }, FlowCluster.Token).GetAsyncEnumerator(FlowCluster.Token);

        Assert.Equal("a0#2", await NextAsync(reader));
        Assert.Equal(again.Token.Epoch, reader.Current.Epoch);
        var next = reader.MoveNextAsync().AsTask();
        await worker.CompleteAsync(again, 1);
        Assert.Equal(RunStatus.Running, (await cluster.Run("r1").GetAsync(FlowCluster.Token))!.Status);
        Assert.False(next.IsCompleted);
        await cluster.Run("r1").CancelAsync("enough", FlowCluster.Token);
        Assert.Equal(FlowErrorCode.LeaseLost, (await Assert.ThrowsAsync<FlowException>(() => next)).Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Pull_FromAStranger_IsBadInputArgs_AndWithAStaleLeaseIsLost()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 3, "make", "take");
        await cluster.SubmitAsync("r1", Streaming);
        var (_, take) = await StartAsync(worker);

        var stranger = await Assert.ThrowsAsync<FlowException>(async () =>
            await FlowCluster.ReadAsync(cluster.Run("r1").PullInputsAsync(take.Token, new InputPull { Nodes = ["a", "x"] }, FlowCluster.Token)));
        var stale = await Assert.ThrowsAsync<FlowException>(async () =>
            await FlowCluster.ReadAsync(cluster.Run("r1").PullInputsAsync(take.Token with { Epoch = 9 }, new InputPull(), FlowCluster.Token)));

        Assert.Equal(FlowErrorCode.BadInputArgs, stranger.Code);
        Assert.Contains("'x'", stranger.Message, StringComparison.Ordinal);
        Assert.Equal(FlowErrorCode.LeaseLost, stale.Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Adapters_ThatAWorkerAnnounced_AreRememberedOverACrash()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var catalog = cluster.Grains.GetGrain<OrleansFlow.Workers.IWorkerCatalogGrain>(OrleansFlow.Workers.IWorkerCatalogGrain.Key);
        await catalog.RecordAdaptersAsync(new Dictionary<string, string> { ["own.one"] = "{}", ["own.two"] = "{}" }, FlowCluster.Token);
        await catalog.RecordAdaptersAsync(new Dictionary<string, string> { ["own.two"] = "{\"name\":\"own.two\"}" }, FlowCluster.Token);

        await cluster.CrashAsync();

        Assert.Equal(
            new Dictionary<string, string> { ["own.one"] = "{}", ["own.two"] = "{\"name\":\"own.two\"}" },
            await cluster.Grains.GetGrain<OrleansFlow.Workers.IWorkerCatalogGrain>(OrleansFlow.Workers.IWorkerCatalogGrain.Key).ListAdaptersAsync(FlowCluster.Token));
    }

    /// <summary>Leases both makers, lets the first make a batch, and leases what that starts.</summary>
    private static async Task<(Dictionary<string, LeaseGrant> Makers, LeaseGrant Take)> StartAsync(TestWorker worker)
    {
        var makers = new Dictionary<string, LeaseGrant>();
        while (makers.Count < 2)
        {
            foreach (var grant in await worker.NextOffersAsync())
            {
                makers[grant.Token.TaskId.Node] = grant;
            }
        }

        await worker.BatchAsync(makers["a"], 0);
        return (makers, await worker.NextOfferAsync());
    }

    private static async Task<string> NextAsync(IAsyncEnumerator<ArtifactRef> reader)
    {
        Assert.True(await reader.MoveNextAsync());
        return Name(reader.Current);
    }

    private static string Name(ArtifactRef reference) => $"{reference.Node}{reference.Index}#{reference.Sequence}";
}
