using System.Globalization;
using System.Text;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>Goal: a graph of a hundred thousand nodes is accepted and decided by steps that do not look at all of them.</summary>
public sealed class LargeGraphTests
{
    private const int Count = GraphLimits.NodeCountMax;
    private static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(60);
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static GraphRunState Accepted(string document) =>
        Do(GraphRunState.None, new SubmitRun(new RunId("r"), GraphParser.Parse(document).RequirePlan()));

    [Theory(Timeout = 60_000)]
    [InlineData("depends_on")]
    [InlineData("routing")]
    public async Task Join_OfAHundredThousandParents_OpensWithTheLast(string written)
    {
        await Task.Yield();
        var run = Accepted(Fan(Count - 1, written));
        for (var node = 0; node < Count - 1; node++)
        {
            Assert.False(run.Nodes[Count - 1].Opened);
            run = Finish(run, node);
        }

        Assert.Equal((true, Count - 1, EdgeState.Taken), (run.Nodes[Count - 1].Opened, run.Nodes[Count - 1].TakenCount, run.Nodes[Count - 1].Edges[77]));
        Assert.Equal(RunStatus.Completed, Finish(run, Count - 1).Status);
    }

    [Fact(Timeout = 60_000)]
    public async Task Chain_OfAHundredThousandNodes_RunsToItsEnd()
    {
        await Task.Yield();
        var run = Accepted(Chain(Count));
        for (var node = 0; node < Count; node++)
        {
            run = Finish(run, node);
        }

        Assert.Equal((RunStatus.Completed, Count), (run.Status, run.EndedCount));
    }

    [Fact(Timeout = 60_000)]
    public async Task Chain_ThatIsSkipped_EndsInOneStep()
    {
        await Task.Yield();
        var run = Accepted(Chain(Count).Replace("""{"id":"n0","role":"r"}""", """{"id":"n0","role":"r","when":"false"}""", StringComparison.Ordinal));

        Assert.Equal((RunStatus.Completed, Count), (run.Status, run.EndedCount));
    }

    [Fact(Timeout = 60_000)]
    public async Task Cancel_OfAHundredThousandNodes_EndsThemAll()
    {
        await Task.Yield();
        var run = Do(Finish(Accepted(Fan(Count - 1, "depends_on")), 3), new CancelRun("enough"));

        Assert.Equal((RunStatus.Cancelled, Count), (run.Status, run.EndedCount));
        Assert.Equal((RunStatus.Completed, RunStatus.Cancelled, RunStatus.Cancelled), (run.Nodes[3].Status, run.Nodes[4].Status, run.Nodes[Count - 1].Status));
    }

    [Fact]
    public void Nodes_ThatCompletedAlike_ShareWhatSaysSo()
    {
        var run = Accepted(Chain(5));
        run = Enumerable.Range(0, 4).Aggregate(run, Finish);

        Assert.Same(run.Nodes[1].Tasks, run.Nodes[3].Tasks);
        Assert.Same(run.Nodes[1].Edges, run.Nodes[3].Edges);
        Assert.Equal((FlowTaskStatus.Completed, 1L, EdgeState.Taken), (run.Nodes[3].Tasks[0].Status, run.Nodes[3].Tasks[0].Epoch, run.Nodes[3].Edges[0]));
        Assert.Equal(FlowTaskStatus.Ready, run.Nodes[4].Tasks[0].Status);
    }

    [Fact]
    public void Steps_OfALargeRun_AllocateNoMoreThanThoseOfASmallOne()
    {
        var small = BytesOfOneStep(Accepted(Fan(100, "depends_on")));
        var large = BytesOfOneStep(Accepted(Fan(Count - 1, "depends_on")));

        // Four levels of blocks of 32 instead of one, for the nodes and for the edges of the join.
        Assert.InRange(large, 1, (small * 3) + 8_192);
    }

    private static long BytesOfOneStep(GraphRunState run)
    {
        run = Finish(run, 5);
        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = Finish(run, 60);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static GraphRunState Finish(GraphRunState run, int node)
    {
        var slot = new TaskSlot(node, 0);
        run = Do(run, new LeaseTask(slot, new GrantLease(new WorkerId("w"), "s")));
        return Do(run, new LeaseTask(slot, new CompleteAttempt(run[slot].Epoch, 0)));
    }

    private static GraphRunState Do(GraphRunState run, GraphRunCommand command)
    {
        var decision = GraphRunDecider.Decide(run, command, LeaseDuration, Now);
        Assert.True(decision.IsAccepted, decision.Refused);
        return decision.State;
    }

    private static string Chain(int count) => Document(Enumerable.Range(0, count).Select(node => node == 0
        ? """{"id":"n0","role":"r"}"""
        : string.Create(CultureInfo.InvariantCulture, $$"""{"id":"n{{node}}","role":"r","depends_on":["n{{node - 1}}"]}""")));

    private static string Fan(int count, string written)
    {
        var nodes = Enumerable.Range(0, count).Select(node => string.Create(
            CultureInfo.InvariantCulture, $$"""{"id":"n{{node}}","role":"r"{{(written == "routing" ? ""","routing":{"on_success":["join"]}""" : "")}}}"""));
        var parents = written == "routing" ? "" : $""","depends_on":[{string.Join(',', Enumerable.Range(0, count).Select(node => string.Create(CultureInfo.InvariantCulture, $"\"n{node}\"")))}]""";
        return Document(nodes.Append($$"""{"id":"join","role":"r"{{parents}}}"""));
    }

    private static string Document(IEnumerable<string> nodes) =>
        new StringBuilder("""{"name":"large","nodes":[""").AppendJoin(',', nodes).Append("]}").ToString();
}
