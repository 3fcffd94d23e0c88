using FsCheck;
using FsCheck.Fluent;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>Nodes with a task for each item of a list or each batch of a parent, and how many of them are in hand at once.</summary>
public sealed class GraphScatterTests : GraphRunTestBase
{
    [Theory]
    [InlineData("""["x",{"y":1},null]""", new[] { "\"x\"", """{"y":1}""", "null" })]
    [InlineData("\"vars.days\"", new[] { "1", "\"b\"" })]
    [InlineData("\"params.files\"", new[] { "[1,2]" })]
    [InlineData("[]", new string[0])]
    public void Foreach_OverAList_HasATaskForEachItem(string items, string[] expected)
    {
        Submit($$$"""{"name":"g","vars":{"days":[1,"b"]},"params":{"files":[[1,2]]},"nodes":[{"id":"a","role":"r","foreach":{"items":{{{items}}}}}]}""");

        Assert.Equal(expected, Node("a").Items);
        Assert.Equal(expected.Length, Node("a").Tasks.Count);
        Assert.All(Node("a").Tasks, task => Assert.Equal(FlowTaskStatus.Ready, task.Status));
    }

    [Fact]
    public void Foreach_OverAnEmptyList_CompletesWithAll()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r","foreach":{"items":[]}},{"id":"b","role":"r","depends_on":["a"]}]}""");

        Assert.Equal("a:done b:open", Shown());
    }

    [Theory]
    [InlineData("any")]
    [InlineData("count:2")]
    public void Foreach_OverTooFewItemsForItsBarrier_Fails(string barrier)
    {
        Submit($$$"""{"name":"g","nodes":[{"id":"a","role":"r","foreach":{"items":[],"barrier":"{{{barrier}}}"}}]}""");

        Assert.Equal((RunStatus.Failed, "barrier_unreachable"), (Run.Status, Run.Failure!.Reason));
    }

    [Theory]
    [InlineData("vars.n", "bad_input")]
    [InlineData("vars.none", "bad_input")]
    [InlineData("vars.long", "limit_exceeded")]
    public void Foreach_WithoutAListOfItsSize_FailsAndSaysWhy(string items, string reason)
    {
        Submit($$$"""{"name":"g","vars":{"n":5,"long":[1,2,3]},"nodes":[{"id":"a","role":"r","foreach":{"items":"{{{items}}}","max_items":2}}]}""");

        Assert.Equal((RunStatus.Failed, reason), (Run.Status, Run.Failure!.Reason));
        Assert.Contains("'a'", Run.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Foreach_ListOfALaterVariable_IsReadWhenTheNodeOpens()
    {
        Submit("""{"name":"g","nodes":[{"id":"set","fn":"vars.set","args":{"kv":{"l":[7,8]}}},{"id":"a","role":"r","foreach":{"items":"vars.l"},"depends_on":["set"]}]}""");

        Assert.Equal(["7", "8"], Node("a").Items);
    }

    [Fact]
    public void BarrierAll_OneTaskFailsForGood_FailsTheNode()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r","foreach":{"items":[1,2,3]}}]}""");

        Grant("a", 1);
        Fail("a", 1);

        Assert.Equal(RunStatus.Failed, Run.Status);
    }

    [Fact]
    public void BarrierCount_IsMetByAsMany_AndTheRestIsCancelled()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r","foreach":{"items":[1,2,3,4],"barrier":"count:2"}},{"id":"b","role":"r","depends_on":["a"]}]}""");

        Grant("a", 3);
        Fail("a", 0);
        Done("a", 1);
        Assert.Equal("a:open b:pending", Shown());
        Done("a", 2);

        Assert.Equal("a:done b:open", Shown());
        Assert.Equal([FlowTaskStatus.Failed, FlowTaskStatus.Completed, FlowTaskStatus.Completed, FlowTaskStatus.Cancelled], Node("a").Tasks.Select(task => task.Status));
        Assert.DoesNotContain(Slot("a", 3), Run.Active);
    }

    [Fact]
    public void BarrierCount_MoreFailuresThanItCanBear_FailsTheNode()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r","foreach":{"items":[1,2,3],"barrier":"count:2"}}]}""");

        Fail("a", 0);
        Assert.Equal(RunStatus.Running, Run.Status);
        Fail("a", 2);

        Assert.Equal((RunStatus.Failed, "barrier_unreachable"), (Run.Status, Run.Failure!.Reason));
        Assert.Equal(RunStatus.Failed, Node("a").Status);
    }

    [Fact]
    public void Foreach_OverBatchesOfAParentThatEnds_HasATaskForEach()
    {
        Submit("""{"name":"g","nodes":[{"id":"src","role":"r"},{"id":"each","role":"r","foreach":{"batches_of":"src"},"depends_on":["src"]},{"id":"z","role":"r","depends_on":["each"]}]}""");

        Batch("src");
        Batch("src");
        Assert.Empty(Node("each").Tasks);
        Complete("src");
        Assert.Equal(2, Node("each").Tasks.Count);
        Done("each", 0);
        Done("each", 1);

        Assert.Equal("src:done each:done z:open", Shown());
    }

    [Fact]
    public void Foreach_OverBatchesFromTheFirstOn_GrowsWithEach_AndCompletesWithTheLast()
    {
        Submit("""{"name":"g","nodes":[{"id":"src","role":"r"},{"id":"each","role":"r","foreach":{"batches_of":"src"},"depends_on":["src"],"start_when":"first_batch"}]}""");

        Batch("src");
        Done("each", 0);
        Assert.Equal((1, RunStatus.Running), (Node("each").Tasks.Count, Node("each").Status));
        Batch("src");
        Batch("src");
        Assert.Equal([FlowTaskStatus.Completed, FlowTaskStatus.Ready, FlowTaskStatus.Ready], Node("each").Tasks.Select(task => task.Status));
        Complete("src");
        Done("each", 1);
        Assert.Equal("src:done each:open", Shown());
        Done("each", 2);

        Assert.Equal(RunStatus.Completed, Run.Status);
    }

    [Fact]
    public void Foreach_OverMoreBatchesThanItMayHave_Fails()
    {
        Submit("""{"name":"g","nodes":[{"id":"src","role":"r"},{"id":"each","role":"r","foreach":{"batches_of":"src","max_items":1},"depends_on":["src"],"start_when":"first_batch"}]}""");

        Batch("src");
        Batch("src");

        Assert.Equal((RunStatus.Failed, "limit_exceeded"), (Run.Status, Run.Failure!.Reason));
    }

    [Fact]
    public void ATaskOfAScatteredNode_IsNoEarlyStart_ItsBatchIsThere()
    {
        Submit("""{"name":"g","nodes":[{"id":"src","role":"r","tasks":2},{"id":"each","role":"r","foreach":{"batches_of":"src"},"depends_on":["src"],"start_when":"first_batch"}]}""");

        Batch("src");
        Grant("each");
        Play(Slot("src"), new RevokeLease(1, LeaseReasons.ConnectionLost));

        Assert.Null(EarlyStarts.DueUtc(Run));
    }

    [Fact]
    public void Concurrency_OfANode_MakesNoMoreTasksReadyThanItsLimit()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r","tasks":5,"concurrency":{"limit":2}}]}""");

        Assert.Equal("RRPPP", States());
        Done("a", 0);
        Assert.Equal("CRRPP", States());
        Grant("a", 1);
        Play(Slot("a", 1), new RevokeLease(1, LeaseReasons.LeaseExpired));
        Assert.Equal("CRRPP", States());
        Done("a", 2);
        Done("a", 1);
        Assert.Equal("CCCRR", States());
        Done("a", 3);
        Done("a", 4);

        Assert.Equal(RunStatus.Completed, Run.Status);
    }

    [Fact]
    public void Concurrency_OfAScatteredNode_HoldsWhileItGrows_AndAFailedTaskGivesItsPlaceUp()
    {
        Submit("""{"name":"g","nodes":[{"id":"src","role":"r"},{"id":"a","role":"r","foreach":{"batches_of":"src","barrier":"any"},"concurrency":{"limit":1},"depends_on":["src"],"start_when":"first_batch"}]}""");

        Batch("src");
        Batch("src");
        Batch("src");
        Assert.Equal("RPP", States());
        Fail("a", 0);
        Assert.Equal("FRP", States());
        Done("a", 1);

        Assert.Equal(RunStatus.Completed, Node("a").Status);
    }

    [Fact]
    public void Concurrency_InEveryHistory_IsNeverExceeded() => Prop.ForAll(RunScript.Any, script => RunScript.Run(script).History.All(item =>
        item.Decision.State is not { Exists: true } state || state.Plan!.Nodes.All(node => node.Window is not { } window
            || state.Nodes[node.Index].Tasks.Count(task => task.Status is FlowTaskStatus.Ready or FlowTaskStatus.Leased or FlowTaskStatus.BackingOff) <= window)))
        .QuickCheckThrowOnFailure();

    [Fact]
    public void Definition_WithUnknownThings_NamesEachWithItsPath()
    {
        var problems = GraphParser.Parse("""
            {"name":"g","nodes":[{"id":"a","role":"r","foreach":{"batches_of":"b"}},{"id":"b","role":"r","foreach":{"items":"nowhere.x"}},{"id":"c","role":"r","foreach":{"items":"1 +"}},
             {"id":"d","role":"r","foreach":{"items":[1,2],"max_items":1}}]}
            """).Problems;

        Assert.Equal(
            [("graph_too_large", "nodes[3].foreach.items"), ("graph_unknown_node", "nodes[0].foreach.batches_of"), ("graph_bad_expression", "nodes[1].foreach.items"), ("graph_bad_expression", "nodes[2].foreach.items")],
            problems.Select(problem => (problem.Code, problem.Path)));
    }

    private string States() => string.Concat(Node("a").Tasks.Select(task => task.Status switch
    {
        FlowTaskStatus.Completed => 'C',
        FlowTaskStatus.Failed => 'F',
        FlowTaskStatus.Ready => 'R',
        FlowTaskStatus.Pending => 'P',
        _ => 'L',
    }));

    private void Done(string node, int index)
    {
        Grant(node, index);
        Play(Slot(node, index), new CompleteAttempt(Run[Slot(node, index)].Epoch, 0));
    }

    private void Fail(string node, int index)
    {
        Grant(node, index);
        Play(Slot(node, index), new FailAttempt(Run[Slot(node, index)].Epoch, new LeaseFailure("oops", true, "no")));
    }
}
