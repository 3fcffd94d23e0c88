using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>Nodes whose body is a graph: what is refused, what each run of it is given, and how its end is taken.</summary>
public sealed class SubGraphTests : GraphRunTestBase
{
    private const string Nested = """
        {"name":"g","params":{"a":1,"b":1,"c":1},"graphs":{"in":{"params":{"b":2,"c":2},"vars":{"v":1},"outputs":{"rows":"nodes.x.rows"},"nodes":[{"id":"x","role":"inner"}]}},
         "nodes":[{"id":"n","graph":"in","params":{"c":3}},{"id":"z","role":"r","depends_on":[{"node":"n","when":"parents.n.result.rows > 1"}]}]}
        """;

    [Fact]
    public void Document_OfAnInnerRun_IsAGraphWithTheParametersOfAllLayers()
    {
        Submit(Nested);

        var child = Run.Plan!.Nodes[0];
        var inner = GraphParser.Parse(child.Child!.DocumentOf(child.ParamsJson)).RequirePlan();

        Assert.Equal("""{"a":1,"b":2,"c":3}""", inner.ParamsJson);
        Assert.Equal(("in", "inner", """{"v":1}"""), (inner.Name, inner.Nodes[0].Role, inner.Variables.ToJson()));
        Assert.Equal(["inner"], child.Child.RoleNames);
    }

    [Fact]
    public void Child_IsNeverLeased_AndItsEndIsItsTasksEnd()
    {
        Submit(Nested);

        Assert.Equal((RunStatus.Running, RunStatus.Running, FlowTaskStatus.Ready), (Run.Status, Node("n").Status, Run[Slot("n")].Status));
        Assert.Equal(LeaseReasons.NotReady, Decide(new LeaseTask(Slot("n"), new GrantLease(new WorkerId("w"), "s"))).Refused);
        Assert.True(Decide(new EndChild(Slot("n"), """{"rows":5}""", null)).IsAccepted);

        Assert.Equal("n:done z:open", Shown());
        Assert.Equal(LeaseReasons.AlreadyEnded, Decide(new EndChild(Slot("n"), null, new LeaseFailure("late", true, "late"))).Refused);
        Assert.Equal(LeaseReasons.AlreadyEnded, Decide(new EndChild(Slot("z"), null, null)).Refused);
    }

    [Fact]
    public void Child_ThatFailed_FailsItsNodeWithItsCode()
    {
        Submit(Nested);

        Decide(new EndChild(Slot("n"), null, new LeaseFailure("schema_mismatch", true, "Run 'x' failed: no")));

        Assert.Equal((RunStatus.Failed, "schema_mismatch", RunStatus.Failed), (Run.Status, Run.Failure!.Reason, Node("n").Status));
    }

    [Fact]
    public void Child_ThatEndsAfterItsRunWasCancelled_ChangesNothing()
    {
        Submit(Nested);
        Decide(new CancelRun("enough"));

        Assert.False(Decide(new EndChild(Slot("n"), null, null)).IsDurable);
        Assert.Equal(FlowTaskStatus.Cancelled, Run[Slot("n")].Status);
    }

    [Fact]
    public void Outputs_OfARun_AreItsResult()
    {
        Submit("""{"name":"g","vars":{"v":{"k":[1]}},"params":{"p":"q"},"outputs":{"rows":"nodes.x.rows","v":"vars.v","p":"params.p","none":"nodes.x.result.y","ok":"nodes.x.done"},"nodes":[{"id":"x","role":"r"}]}""");
        Batch("x", rows: 7);
        Complete("x");

        Assert.Equal("""{"none":null,"ok":true,"p":"q","rows":7,"v":{"k":[1]}}""", OutputScope.ResultOf(Run));
    }

    [Theory]
    [InlineData("""{"name":"g","nodes":[{"id":"n","graph":"none"}]}""", "graph_unknown_graph", "nodes[0].graph")]
    [InlineData("""{"name":"g","graphs":{"a":{"nodes":[{"id":"n","graph":"b"}]},"b":{"nodes":[{"id":"n","graph":"a"}]}},"nodes":[{"id":"n","graph":"a"}]}""", "graph_cycle", "graphs.b.nodes[0].graph")]
    [InlineData("""{"name":"g","graphs":{"a":{"nodes":[{"id":"n","graph":{"nodes":[{"id":"m","graph":"a"}]}}]}},"nodes":[{"id":"n","graph":"a"}]}""", "graph_cycle", "graphs.a.nodes[0].graph.nodes[0].graph")]
    [InlineData("""{"name":"g","graphs":{"a":{"nodes":[{"id":"n","role":"r","depends_on":["q"]}]}},"nodes":[{"id":"n","graph":"a"}]}""", "graph_unknown_node", "graphs.a.nodes[0].depends_on[0]")]
    [InlineData("""{"name":"g","nodes":[{"id":"n","graph":{"nodes":[{"id":"m","role":"r","tasks":0}]}}]}""", "graph_bad_value", "nodes[0].graph.nodes[0].tasks")]
    [InlineData("""{"name":"g","outputs":{"x":"nodes.q.rows"},"nodes":[{"id":"n","role":"r"}]}""", "graph_bad_expression", "outputs.x")]
    [InlineData("""{"name":"g","outputs":{"x":"parents.n.rows"},"nodes":[{"id":"n","role":"r"}]}""", "graph_bad_expression", "outputs.x")]
    public void Document_WithAGraphThatCannotBe_IsRefusedWithItsPath(string document, string code, string path)
    {
        var problem = Assert.Single(GraphParser.Parse(document).Problems);

        Assert.Equal((code, path), (problem.Code, problem.Path));
    }

    [Fact]
    public void Document_WithGraphsTooDeep_IsRefused()
    {
        var body = """{"nodes":[{"id":"m","role":"r"}]}""";
        for (var depth = 0; depth < GraphLimits.GraphDepthMax; depth++)
        {
            Assert.True(GraphParser.Parse($$$"""{"name":"g","nodes":[{"id":"n","graph":{{{body}}}}]}""").IsValid);
            body = $$$"""{"nodes":[{"id":"m","graph":{{{body}}}}]}""";
        }

        Assert.Equal("graph_too_large", Assert.Single(GraphParser.Parse($$$"""{"name":"g","nodes":[{"id":"n","graph":{{{body}}}}]}""").Problems).Code);
    }

    [Fact]
    public void Foreach_OfAGraph_HasARunForEachItem()
    {
        Submit("""{"name":"g","nodes":[{"id":"n","graph":{"nodes":[{"id":"m","role":"r"}]},"foreach":{"items":[1,2,3]},"concurrency":{"limit":2}}]}""");

        Assert.Equal([FlowTaskStatus.Ready, FlowTaskStatus.Ready, FlowTaskStatus.Pending], Node("n").Tasks.Select(task => task.Status));
        Decide(new EndChild(Slot("n", 1), null, null));
        Assert.Equal(FlowTaskStatus.Ready, Run[Slot("n", 2)].Status);
        Decide(new EndChild(Slot("n", 0), null, null));
        Decide(new EndChild(Slot("n", 2), null, null));

        Assert.Equal(RunStatus.Completed, Run.Status);
    }

    private GraphRunDecision Decide(GraphRunCommand command)
    {
        var decision = GraphRunDecider.Decide(Run, command, LeaseDuration, StartUtc);
        Run = decision.State;
        return decision;
    }
}
