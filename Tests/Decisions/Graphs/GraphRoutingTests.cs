using System.Collections.Immutable;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>Fan-in, conditions, routing on failure and functions. The letters are the nodes' states: pending, open, done, failed, skipped, cancelled.</summary>
public sealed class GraphRoutingTests
{
    private static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(60);
    private static readonly DateTimeOffset StartUtc = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private GraphRunState _run = GraphRunState.None;

    [Fact]
    public void FanInAny_OpensAtTheFirstParent_AndReadsFromThatOneAlone()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r"},{"id":"c","role":"r","depends_on":["a","b"],"fan_in":"any"}]}""");

        Complete("b");

        Assert.Equal("a:open b:done c:open", Shown());
        Assert.Equal([EdgeState.Late, EdgeState.Taken], Node("c").Edges);
        Complete("c");
        Assert.Equal(("a:open b:done c:done", RunStatus.Running), (Shown(), _run.Status));
        Complete("a");
        Assert.Equal(RunStatus.Completed, _run.Status);
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
        Assert.Equal(RunStatus.Completed, _run.Status);
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

        Assert.Equal(("a:done b:skipped c:skipped d:skipped", RunStatus.Completed), (Shown(), _run.Status));
        Assert.All(_run.Nodes.Skip(1), node => Assert.All(node.Tasks, task => Assert.Equal(FlowTaskStatus.Cancelled, task.Status)));
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

        Assert.Equal(("a:failed next:skipped fix:open last:pending", RunStatus.Running), (Shown(), _run.Status));
        Assert.Equal([FlowTaskStatus.Failed, FlowTaskStatus.Cancelled, FlowTaskStatus.Cancelled], Node("a").Tasks.Select(task => task.Status));
        Assert.NotNull(Node("a").Tasks[1].Holder);
        Assert.Empty(_run.Active);
        Complete("fix");
        Complete("last");
        Assert.Equal(RunStatus.Completed, _run.Status);
    }

    [Theory]
    [InlineData("parents.a.reason == 'oops'", RunStatus.Running)]
    [InlineData("parents.a.reason == 'other'", RunStatus.Failed)]
    public void Failure_IsRemediedOnlyWhereTheConditionHolds(string when, RunStatus expected)
    {
        Submit($$"""{"name":"g","nodes":[{"id":"a","role":"r"},{"id":"fix","role":"r","depends_on":[{"node":"a","on":"failure","when":"{{when}}"}]}]}""");

        FailForGood("a");

        Assert.Equal(expected, _run.Status);
        Assert.Equal(expected == RunStatus.Failed ? "a:failed fix:cancelled" : "a:failed fix:open", Shown());
    }

    [Fact]
    public void Done_LeadsOnAfterSuccessAndAfterFailure()
    {
        const string Document = """{"name":"g","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":[{"node":"a","on":"done"}]}]}""";

        Submit(Document);
        Complete("a");
        Assert.Equal("a:done b:open", Shown());

        _run = GraphRunState.None;
        Submit(Document);
        FailForGood("a");
        Assert.Equal("a:failed b:open", Shown());
    }

    [Theory]
    [InlineData("fail", "a:failed fix:cancelled c:cancelled", RunStatus.Failed)]
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

        Assert.Equal((expected, status), (Shown(), _run.Status));
        Assert.Equal(status == RunStatus.Failed ? "upstream_failed" : null, _run.Failure?.Reason);
    }

    [Fact]
    public void Functions_RunInTheStepThatOpensThem_OneAfterTheOther()
    {
        Submit("""
            {"name":"g","vars":{"seen":{"a":1}},"nodes":[
             {"id":"set","fn":"vars.set","args":{"kv":{"limit":7,"seen.b":2}}},
             {"id":"incr","fn":"vars.incr","args":{"key":"limit","by":3},"depends_on":["set"]},
             {"id":"unset","fn":"vars.unset","args":{"keys":["seen.a"]},"depends_on":["incr"]},
             {"id":"merge","fn":"vars.merge","args":{"data":{"seen":{"c":3}}},"depends_on":["unset"]},
             {"id":"last","fn":"noop","depends_on":[{"node":"merge","when":"vars.limit == 10 and vars.seen.a == null"}]}]}
            """);

        Assert.Equal(RunStatus.Completed, _run.Status);
        Assert.Equal("""{"limit":10,"seen":{"b":2,"c":3}}""", _run.Variables.ToJson());
        Assert.Equal("""{"touched":2}""", Node("set").Tasks[0].ResultJson);
    }

    [Fact]
    public void Function_ThatIsRefused_FailsForGood_AndCanBeRemedied()
    {
        Submit("""
            {"name":"g","vars":{"n":"text"},"nodes":[{"id":"incr","fn":"vars.incr","args":{"key":"n"}},
             {"id":"fix","fn":"vars.merge","args":{"n":0},"depends_on":[{"node":"incr","on":"failure","when":"parents.incr.reason == 'bad_input_args'"}]}]}
            """);

        Assert.Equal(("incr:failed fix:done", RunStatus.Completed), (Shown(), _run.Status));
        Assert.Contains("no number", Node("incr").Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Metrics_AreAggregatedOverAcceptedReportsAlone()
    {
        Submit("""
            {"name":"g","nodes":[{"id":"a","role":"r","retry":{"backoff_sec":0}},{"id":"sum","fn":"metrics.aggregate","args":{"node_id":"a"},"depends_on":["a"]},
             {"id":"mean","fn":"metrics.aggregate","args":{"node_id":"a","mode":"mean"},"depends_on":["a"]},
             {"id":"merged","fn":"merge.generic","args":{"from_nodes":["a"]},"depends_on":["a"]}]}
            """);
        Batch("a", 2, 4);
        Play(Slot("a"), new FailAttempt(_run[Slot("a")].Epoch, new LeaseFailure("oops", false, "once")));
        Batch("a", 3, 8);
        Complete("a");

        Assert.Equal("""{"n":12}""", Node("sum").Tasks[0].ResultJson);
        Assert.Equal("""{"n":6}""", Node("mean").Tasks[0].ResultJson);
        Assert.StartsWith("""{"merged_from":["a"],"complete_nodes":["a"],"partial_batches":2,"rows":5,""", Node("merged").Tasks[0].ResultJson, StringComparison.Ordinal);
    }

    [Fact]
    public void AChainOfFunctions_AsLongAsAGraphMayBe_RunsInOneStep()
    {
        var nodes = Enumerable.Range(0, GraphLimits.NodeCountMax).Select(index =>
            $$"""{"id":"n{{index}}","fn":"vars.incr","args":{"key":"n"}{{(index == 0 ? "" : $$""","depends_on":["n{{index - 1}}"]""")}}}""");

        Submit($$"""{"name":"g","nodes":[{{string.Join(',', nodes)}}]}""");

        Assert.Equal((RunStatus.Completed, $$"""{"n":{{GraphLimits.NodeCountMax}}}"""), (_run.Status, _run.Variables.ToJson()));
    }

    [Fact]
    public void Deadline_FailsTheRunAtItsMoment_NotBefore()
    {
        Submit("""{"name":"g","deadline_sec":90,"nodes":[{"id":"a","role":"r"}]}""");
        Assert.Equal(StartUtc.AddSeconds(90), _run.NextDueUtc());

        _run = GraphRunDecider.Decide(_run, new PassRunTime(), LeaseDuration, StartUtc.AddSeconds(89.999)).State;
        Assert.Equal(RunStatus.Pending, _run.Status);
        _run = GraphRunDecider.Decide(_run, new PassRunTime(), LeaseDuration, StartUtc.AddSeconds(90)).State;

        Assert.Equal((RunStatus.Failed, "deadline_exceeded"), (_run.Status, _run.Failure!.Reason));
        Assert.Null(_run.NextDueUtc());
    }

    private void Submit(string document) =>
        _run = GraphRunDecider.Decide(_run, new SubmitRun(new RunId("run"), GraphParser.Parse(document).RequirePlan()), LeaseDuration, StartUtc).State;

    private NodeRunState Node(string id) => _run.Nodes[_run.Plan!.Find(id)!.Index];

    private TaskSlot Slot(string node, int index = 0) => new(_run.Plan!.Find(node)!.Index, index);

    private void Play(TaskSlot slot, LeaseCommand command)
    {
        var decision = GraphRunDecider.Decide(_run, new LeaseTask(slot, command), LeaseDuration, StartUtc);
        Assert.True(decision.IsAccepted, decision.Refused);
        _run = decision.State;
    }

    private void Grant(string node, int index = 0)
    {
        if (_run[Slot(node, index)].Status == FlowTaskStatus.Ready)
        {
            Play(Slot(node, index), new GrantLease(new WorkerId("w"), "s"));
        }
    }

    private void Batch(string node, long rows = 1, double metric = 1)
    {
        Grant(node);
        var task = _run[Slot(node)];
        Play(Slot(node), new AcceptBatch(task.Epoch, task.Batches.Count, new AcceptedBatch(0, rows, 10, "p"), ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, [KeyValuePair.Create("n", metric)])));
    }

    private void Complete(string node)
    {
        Grant(node);
        Play(Slot(node), new CompleteAttempt(_run[Slot(node)].Epoch, _run[Slot(node)].Batches.Count));
    }

    private void FailForGood(string node)
    {
        Grant(node);
        Play(Slot(node), new FailAttempt(_run[Slot(node)].Epoch, new LeaseFailure("oops", true, "no")));
    }

    private string Shown() => string.Join(' ', _run.Nodes.Select((node, index) => $"{_run.Plan!.Nodes[index].Id}:" + node.Status switch
    {
        RunStatus.Completed => "done",
        RunStatus.Failed => "failed",
        RunStatus.Skipped => "skipped",
        RunStatus.Cancelled => "cancelled",
        _ => node.Opened ? "open" : "pending",
    }));
}
