using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>Runs that go on after their end, over crashes of the silo too.</summary>
public sealed class GraphRunReopeningTests
{
    private const int Watchdog = 60_000;
    private const string Chain = """{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":["a"],"retry":{"max":0}}""";

    [Theory(Timeout = Watchdog)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task FailedRun_GoesOn_AlsoWhenTheSiloDiesMeanwhile(bool batches, bool crashes)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.SubmitAsync("r1", Chain);
        await worker.CompleteAsync(await worker.NextOfferAsync());
        var failing = await worker.NextOfferAsync();
        await worker.BatchAsync(failing, 0);
        await worker.EndAsync(failing, AttemptEnd.Failed, failure: new TaskFailure("oops", true, "no"));
        await cluster.WhenEndedAsync("r1");

        if (crashes)
        {
            // Or it would get the task before the crash.
            await worker.DisconnectAsync(clean: true);
        }

        var run = await cluster.Run("r1").ReopenAsync(null, "fixed", FlowCluster.Token);
        Assert.Equal((RunStatus.Running, RunStatus.Completed), (run.Status, run.Nodes[0].Status));
        Assert.Contains("run", await cluster.RemindersAsync(cluster.Run("r1")));
        if (crashes)
        {
            await cluster.CrashAsync();
            await cluster.Run("r1").RecoverAsync(FlowCluster.Token);
            worker = await cluster.StartWorkerAsync("w2", 1, "r");
        }

        var again = await worker.NextOfferAsync();
        Assert.Equal((failing.Token.TaskId, failing.Token.Epoch + 1, 1), (again.Token.TaskId, again.Token.Epoch, again.AcceptedBatches));
        await worker.BatchAsync(again, 1);
        await worker.CompleteAsync(again, 2);

        run = await cluster.WhenEndedAsync("r1");
        Assert.Equal((RunStatus.Completed, 2L, 20.0), (run.Status, run.Nodes[1].Batches, run.Nodes[1].Metrics!["rows"]));
        Assert.Equal(["Pending", "Running", "Failed:oops", "Running:fixed", "Completed"], run.History.Select(Shown));
        Assert.Equal(["Pending", "Running", "Failed:oops", "Running:fixed", "Completed"], run.Nodes[1].History.Select(Shown));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RerunOfANode_ReplacesItsBatchesAndResults_AlsoInStorage(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.SubmitAsync("r1", Chain);
        for (var round = 0; round < 2; round++)
        {
            var grant = await worker.NextOfferAsync();
            await worker.BatchAsync(grant, 0, rows: 7);
            await worker.CompleteAsync(grant, 1);
        }

        await cluster.WhenEndedAsync("r1");
        await cluster.Run("r1").ReopenAsync("b", "new code", FlowCluster.Token);
        var again = await worker.NextOfferAsync();
        Assert.Equal(("r1/b/0", 2L, 0), (again.Token.TaskId.Value, again.Token.Epoch, again.AcceptedBatches));
        await worker.BatchAsync(again, 0, rows: 3);
        await worker.CompleteAsync(again, 1);
        await cluster.WhenEndedAsync("r1");
        await cluster.CrashAsync();

        var run = (await cluster.Run("r1").GetAsync(FlowCluster.Token))!;
        Assert.Equal((RunStatus.Completed, 1L, 7L, 3L, 3.0, 1), (run.Status, run.Nodes[1].Batches, run.Nodes[0].Rows, run.Nodes[1].Rows, run.Nodes[1].Metrics!["rows"], run.Nodes[1].Reruns));
        Assert.Equal("""{"nodes":[{"node_id":"a","stats":{"rows":7}},{"node_id":"b","stats":{"rows":3}}]}""", run.ResultJson);
        var page = await cluster.Run("r1").GetArtifactsAsync("b", 0, 10, FlowCluster.Token);
        Assert.Equal((2L, 3.0, "r1/b/0/0.e2.arrow"), (page.Batches[0].Epoch, page.Batches[0].Metrics!["rows"], page.Batches[0].Path));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Reopen_RefusesWhatCannotGoOn_AndSaysWhy()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => cluster.Run("none").ReopenAsync(null, "x", FlowCluster.Token))).Code);
        await cluster.SubmitAsync("r1", Chain);
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => cluster.Run("r1").ReopenAsync("none", "x", FlowCluster.Token))).Code);
        Assert.Equal(FlowErrorCode.BadInput, (await Assert.ThrowsAsync<FlowException>(() => cluster.Run("r1").ReopenAsync("b", "x", FlowCluster.Token))).Code);
        await worker.CompleteAsync(await worker.NextOfferAsync());
        await worker.CompleteAsync(await worker.NextOfferAsync());
        await cluster.WhenEndedAsync("r1");

        Assert.Equal(FlowErrorCode.AlreadyEnded, (await Assert.ThrowsAsync<FlowException>(() => cluster.Run("r1").ReopenAsync(null, "x", FlowCluster.Token))).Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Why_AsksTheQueues_AndNamesWhatIsMissing()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await cluster.SubmitAsync("r1", Chain);
        Assert.Equal(("no_worker", "a"), Only(await cluster.Run("r1").WhyAsync(null, FlowCluster.Token)));
        Assert.Equal(("waiting_for_parents", "b"), Only(await cluster.Run("r1").WhyAsync("b", FlowCluster.Token)));

        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await worker.NextOfferAsync();
        Assert.Equal(("running", "a"), Only(await cluster.Run("r1").WhyAsync(null, FlowCluster.Token)));
        await cluster.SubmitAsync("r2", Chain);
        Assert.Equal(("slots_full", "a"), Only(await cluster.Run("r2").WhyAsync(null, FlowCluster.Token)));
    }

    private static (string, string?) Only(IReadOnlyList<RunReason> reasons) => Assert.Single(reasons) is var reason ? (reason.Code, reason.Node) : default;

    private static string Shown(StatusTransition change) => change.Reason is null ? $"{change.To}" : $"{change.To}:{change.Reason}";
}
