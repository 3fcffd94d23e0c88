using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>Runs that are tasks of other runs, and runs that undo their nodes, through storage, queues and crashes.</summary>
public sealed class SubGraphGrainTests
{
    private const int Watchdog = 60_000;

    private const string Nested = """
        {"name":"outer","graphs":{"in":{"params":{"b":2},"outputs":{"rows":"nodes.x.rows"},"nodes":[{"id":"x","role":"inner"}]}},
         "nodes":[{"id":"each","graph":"in","params":{"a":1},"foreach":{"items":[7,8]}},{"id":"z","role":"last","depends_on":["each"]}]}
        """;

    [Fact(Timeout = Watchdog)]
    public async Task Graph_InAGraph_IsARunOfItsOwn_WhoseEndIsItsTasksEnd_AlsoAfterACrash()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await SubmitAsync(cluster, "r1", Nested);
        var worker = await cluster.StartWorkerAsync("w", 1, "inner");
        var first = await worker.NextOfferAsync();
        await worker.DrainAsync();
        await worker.BatchAsync(first, 0, rows: 5);
        await worker.CompleteAsync(first, 1);
        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync(first.Token.TaskId.RunId.Value)).Status);

        await cluster.CrashAsync();
        await cluster.Run("r1").RecoverAsync(FlowCluster.Token);
        await cluster.Run(first.Token.TaskId.RunId.Value).RecoverAsync(FlowCluster.Token);
        var second = await (await cluster.StartWorkerAsync("w2", 1, "inner")).NextOfferAsync();
        Assert.Equal(["r1.each.0", "r1.each.1"], new[] { first, second }.Select(grant => grant.Token.TaskId.RunId.Value).Order());
        Assert.Equal(["""{"a":1,"b":2,"item":7}""", """{"a":1,"b":2,"item":8}"""], new[] { first, second }.Select(grant => grant.ParamsJson).Order());
        await cluster.Task(second.Token.TaskId.Value).CompleteAsync(new AttemptOutcome { Token = second.Token, End = AttemptEnd.Completed }, FlowCluster.Token);
        var last = await cluster.StartWorkerAsync("l", 1, "last");
        await last.CompleteAsync(await last.NextOfferAsync());

        var run = await cluster.WhenEndedAsync("r1");
        Assert.Equal(RunStatus.Completed, run.Status);
        var tasks = run.Nodes[0].Tasks;
        Assert.Equal(["r1.each.0", "r1.each.1"], tasks.Select(task => task.ChildRun.Value));
        Assert.Equal(["""{"rows":0}""", """{"rows":5}"""], tasks.Select(task => task.ResultJson).Order());
        var child = (await cluster.Run("r1.each.0").GetAsync(FlowCluster.Token))!;
        Assert.Equal(("r1/each/0", "in"), (child.Parent.Value, child.GraphName));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Failure_OfAnInnerRun_PassesUp_AndCancelsItsSiblings()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await SubmitAsync(cluster, "r1", Nested);
        var worker = await cluster.StartWorkerAsync("w", 1, "inner");
        var grant = await worker.NextOfferAsync();
        await worker.DrainAsync();
        await worker.EndAsync(grant, AttemptEnd.Failed, failure: new TaskFailure("schema_mismatch", true, "no"));

        var run = await cluster.WhenEndedAsync("r1");
        Assert.Equal((RunStatus.Failed, "schema_mismatch"), (run.Status, run.Failure!.Reason));
        var ends = await Task.WhenAll(cluster.WhenEndedAsync("r1.each.0"), cluster.WhenEndedAsync("r1.each.1"));
        Assert.Equal([RunStatus.Failed, RunStatus.Cancelled], ends.Select(end => end.Status).Order());
    }

    [Fact(Timeout = Watchdog)]
    public async Task Cancel_AndPause_PassDown()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await SubmitAsync(cluster, "r1", Nested);
        var worker = await cluster.StartWorkerAsync("w", 2, "inner");
        await worker.NextOffersAsync();

        await cluster.Run("r1").PauseAsync("look", FlowCluster.Token);
        await cluster.WhenAsync("r1.each.0", change => (change.Snapshot ?? change.Run)?.Status == RunStatus.Paused);
        await cluster.Run("r1").ResumeAsync(FlowCluster.Token);
        await cluster.WhenAsync("r1.each.0", change => (change.Snapshot ?? change.Run)?.Status == RunStatus.Running);
        await cluster.Run("r1").CancelAsync("enough", FlowCluster.Token);

        var ends = await Task.WhenAll(cluster.WhenEndedAsync("r1.each.0"), cluster.WhenEndedAsync("r1.each.1"));
        Assert.All(ends, end => Assert.Equal(RunStatus.Cancelled, end.Status));
        Assert.Contains("enough", ends[0].CancelReason, StringComparison.Ordinal);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Compensation_SurvivesACrash_AndItsOutcomeIsSeen(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r","params":{"p":1},"compensate":{"role":"undo"}},{"id":"b","role":"r","depends_on":["a"],"compensate":{"role":"undo"}},{"id":"c","role":"r","depends_on":["b"]}""");
        var worker = await cluster.StartWorkerAsync("w", 1, "r");
        await worker.CompleteAsync(await worker.NextOfferAsync());
        await worker.CompleteAsync(await worker.NextOfferAsync());
        await worker.EndAsync(await worker.NextOfferAsync(), AttemptEnd.Failed, failure: new TaskFailure("bad_input", true, "no"));
        Assert.Equal(RunStatus.Compensating, (await cluster.Run("r1").GetAsync(FlowCluster.Token))!.Status);

        await cluster.CrashAsync();
        var undo = await cluster.StartWorkerAsync("u", 4, "undo");
        var first = await undo.NextOfferAsync();
        Assert.Equal("""{"compensates":{"node":"b","result":{"ok":true},"reason":"bad_input"}}""", first.ParamsJson);
        Assert.Equal(("c", "bad_input"), (first.ParentFailures[0].Node, first.ParentFailures[0].Reason));
        await undo.CompleteAsync(first);
        await cluster.CrashAsync();
        await undo.RegisterAsync();
        var second = await undo.NextOfferAsync();
        Assert.Equal("""{"p":1,"compensates":{"node":"a","result":{"ok":true},"reason":"bad_input"}}""", second.ParamsJson);
        await undo.CompleteAsync(second);

        var run = await cluster.WhenEndedAsync("r1");
        Assert.Equal((RunStatus.Failed, "bad_input"), (run.Status, run.Failure!.Reason));
        Assert.Equal(["a:Completed", "b:Completed", "c:Failed", "a.compensate:Completed", "b.compensate:Completed"], run.Nodes.Select(node => $"{node.NodeId}:{node.Status}"));

        await cluster.CrashAsync();
        var again = (await cluster.Run("r1").GetAsync(FlowCluster.Token))!;
        Assert.Equal((run.Status, run.EndedUtc), (again.Status, again.EndedUtc));
        Assert.Equal(run.Nodes.Select(node => node.Status), again.Nodes.Select(node => node.Status));
    }

    private static async Task SubmitAsync(FlowCluster cluster, string run, string document) =>
        Assert.True(await cluster.Run(run).SubmitAsync(new RunSubmission { DocumentJson = document }, FlowCluster.Token));
}
