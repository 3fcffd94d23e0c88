using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>Fan-in, conditions and routing on failure.</summary>
public sealed class GraphRoutingTests : GraphRunTestBase
{
    [Fact]
    public void FanInAny_OpensAtTheFirstParent_AndReadsFromThatOneAlone()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r"},{"id":"c","role":"r","depends_on":["a","b"],"fan_in":"any"}]}""");

        Complete("b");

        Assert.Equal("a:open b:done c:open", Shown());
        Assert.Equal([EdgeState.Late, EdgeState.Taken], Node("c").Edges);
        Complete("c");
        Assert.Equal(("a:open b:done c:done", RunStatus.Running), (Shown(), Run.Status));
        Complete("a");
        Assert.Equal(RunStatus.Completed, Run.Status);
    }

    [Theory]
    [InlineData(1, "c:open")]
    [InlineData(0, "c:pending")]
    public void FanInCount_OpensAtThatManyParents(int more, string expected)
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r"},{"id":"x","role":"r"},{"id":"c","role":"r","depends_on":["a","b","x"],"fan_in":"count:2"}]}""");

        Complete("x");
        if (more > 0)
        {
            Complete("a");
        }

        Assert.EndsWith(expected, Shown(), StringComparison.Ordinal);
    }

    [Fact]
    public void FanInAny_WithoutParents_OpensAtOnce()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r","fan_in":"any"}]}""");

        Assert.Equal("a:open", Shown());
    }

    [Fact]
    public void FanInCount_WithFirstBatch_CountsParentsThatHaveOne_AndReadsAllOfThem()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r"},{"id":"x","role":"r"},{"id":"c","role":"r","depends_on":["a","b","x"],"fan_in":"count:2","start_when":"first_batch"}]}""");

        Batch("a");
        Assert.Equal("a:open b:open x:open c:pending", Shown());
        Batch("b");
        Assert.Equal("a:open b:open x:open c:open", Shown());
        Batch("x");
        Assert.Equal([EdgeState.Taken, EdgeState.Taken, EdgeState.Taken], Node("c").Edges);
    }

    [Fact]
    public void FanInAll_WithFirstBatch_WaitsForABatchOfEachParent()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r"},{"id":"c","role":"r","depends_on":["a","b"],"fan_in":"all","start_when":"first_batch"}]}""");

        Batch("a");
        Assert.Equal("a:open b:open c:pending", Shown());
        Batch("b");
        Assert.Equal("a:open b:open c:open", Shown());
    }

    [Fact]
    public void Triggers_SetTheMomentForEachParent()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r"},{"id":"c","role":"r","depends_on":["a","b"],"triggers":{"a":"on_batch"}}]}""");

        Batch("a");
        Batch("b");
        Assert.Equal("a:open b:open c:pending", Shown());
        Complete("b");
        Assert.Equal("a:open b:done c:open", Shown());
    }

    [Theory]
    [InlineData(9, "a:done big:open small:skipped join:pending")]
    [InlineData(1, "a:done big:skipped small:open join:pending")]
    public void Condition_OnAnEdge_TakesOneWayAndSkipsTheOther(long rows, string expected)
    {
        Submit("""
            {"name":"g","nodes":[{"id":"a","role":"r"},
             {"id":"big","role":"r","depends_on":[{"node":"a","when":"parents.a.rows > params.limit"}],"params":{"limit":5}},
             {"id":"small","role":"r","depends_on":["a"],"when":"parents.a.rows <= 5"},
             {"id":"join","role":"r","depends_on":["big","small"],"fan_in":"any"}]}
            """);

        Batch("a", rows);
        Complete("a");

        Assert.Equal(expected, Shown());
        Complete(rows > 5 ? "big" : "small");
        Complete("join");
        Assert.Equal(RunStatus.Completed, Run.Status);
    }

    [Theory]
    [InlineData(1, "a:open b:skipped")]
    [InlineData(9, "a:open b:open")]
    public void Condition_OfAFirstBatch_IsLookedAtOnce(long rows, string expected)
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":[{"node":"a","trigger":"on_batch","when":"parents.a.rows > 5"}]}]}""");

        Batch("a", rows);
        Batch("a", 10);

        Assert.Equal(expected, Shown());
    }

    [Fact]
    public void NodesThatCannotBeReached_AreSkippedToTheEndOfTheGraph_AndTheRunCompletes()
    {
        Submit("""
            {"name":"g","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":[{"node":"a","when":"false"}]},
             {"id":"c","role":"r","depends_on":["b"]},{"id":"d","role":"r","depends_on":[{"node":"c","on":"done"}]}]}
            """);

        Complete("a");

        Assert.Equal(("a:done b:skipped c:skipped d:skipped", RunStatus.Completed), (Shown(), Run.Status));
        Assert.All(Run.Nodes.Skip(1), node => Assert.All(node.Tasks, task => Assert.Equal(FlowTaskStatus.Cancelled, task.Status)));
    }

    [Fact]
    public void Failure_ThatANodeRemedies_FailsItsNodeAloneAndCancelsTheRestOfIt()
    {
        Submit("""
            {"name":"g","nodes":[{"id":"a","role":"r","tasks":3,"routing":{"on_success":["next"],"on_failure":["fix"]}},{"id":"next","role":"r"},
             {"id":"fix","role":"r"},{"id":"last","role":"r","depends_on":["next","fix"],"fan_in":"any"}]}
            """);
        Grant("a", 1);

        FailForGood("a");

        Assert.Equal(("a:failed next:skipped fix:open last:pending", RunStatus.Running), (Shown(), Run.Status));
        Assert.Equal([FlowTaskStatus.Failed, FlowTaskStatus.Cancelled, FlowTaskStatus.Cancelled], Node("a").Tasks.Select(task => task.Status));
        Assert.NotNull(Node("a").Tasks[1].Holder);
        Assert.Empty(Run.Active);
        Complete("fix");
        Complete("last");
        Assert.Equal(RunStatus.Completed, Run.Status);
    }

    [Theory]
    [InlineData("parents.a.reason == 'oops'", RunStatus.Running)]
    [InlineData("parents.a.reason == 'other'", RunStatus.Failed)]
    public void Failure_IsRemediedOnlyWhereTheConditionHolds(string when, RunStatus expected)
    {
        Submit($$"""{"name":"g","nodes":[{"id":"a","role":"r"},{"id":"fix","role":"r","depends_on":[{"node":"a","on":"failure","when":"{{when}}"}]}]}""");

        FailForGood("a");

        Assert.Equal(expected, Run.Status);
        Assert.Equal(expected == RunStatus.Failed ? "a:failed fix:cancelled" : "a:failed fix:open", Shown());
    }

    [Fact]
    public void Done_LeadsOnAfterSuccessAndAfterFailure()
    {
        const string Document = """{"name":"g","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":[{"node":"a","on":"done"}]}]}""";

        Submit(Document);
        Complete("a");
        Assert.Equal("a:done b:open", Shown());

        Run = GraphRunState.None;
        Submit(Document);
        FailForGood("a");
        Assert.Equal("a:failed b:open", Shown());
    }

    [Theory]
    [InlineData("fail", "a:failed fix:cancelled c:failed", RunStatus.Failed)]
    [InlineData("end_of_input", "a:failed fix:open c:open", RunStatus.Running)]
    public void Failure_OfAParentThatIsBeingReadFrom_IsTheReadersFailureOrItsEndOfInput(string policy, string expected, RunStatus status)
    {
        Submit($$"""
            {"name":"g","nodes":[{"id":"a","role":"r"},{"id":"fix","role":"r","depends_on":[{"node":"a","on":"failure"}]},
             {"id":"c","role":"r","depends_on":["a"],"start_when":"first_batch","on_upstream_failure":"{{policy}}"}]}
            """);
        Batch("a");
        Grant("c");

        FailForGood("a");

        Assert.Equal((expected, status), (Shown(), Run.Status));
        Assert.Equal(status == RunStatus.Failed ? "upstream_failed" : null, Run.Failure?.Reason);
    }
}
