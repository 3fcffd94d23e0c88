using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>Functions that the control plane runs, and the run's deadline.</summary>
public sealed class GraphFunctionTests : GraphRunTestBase
{
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

        Assert.Equal(RunStatus.Completed, Run.Status);
        Assert.Equal("""{"limit":10,"seen":{"b":2,"c":3}}""", Run.Variables.ToJson());
        Assert.Equal("""{"touched":2}""", Node("set").Tasks[0].ResultJson);
    }

    [Fact]
    public void Function_ThatIsRefused_FailsForGood_AndCanBeRemedied()
    {
        Submit("""
            {"name":"g","vars":{"n":"text"},"nodes":[{"id":"incr","fn":"vars.incr","args":{"key":"n"}},
             {"id":"fix","fn":"vars.merge","args":{"n":0},"depends_on":[{"node":"incr","on":"failure","when":"parents.incr.reason == 'bad_input_args'"}]}]}
            """);

        Assert.Equal(("incr:failed fix:done", RunStatus.Completed), (Shown(), Run.Status));
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
        Play(Slot("a"), new FailAttempt(Run[Slot("a")].Epoch, new LeaseFailure("oops", false, "once")));
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

        Assert.Equal((RunStatus.Completed, $$"""{"n":{{GraphLimits.NodeCountMax}}}"""), (Run.Status, Run.Variables.ToJson()));
    }

    [Fact]
    public void Deadline_FailsTheRunAtItsMoment_NotBefore()
    {
        Submit("""{"name":"g","deadline_sec":90,"nodes":[{"id":"a","role":"r"}]}""");
        Assert.Equal(StartUtc.AddSeconds(90), Run.NextDueUtc());

        Run = GraphRunDecider.Decide(Run, new PassRunTime(), LeaseDuration, StartUtc.AddSeconds(89.999)).State;
        Assert.Equal(RunStatus.Pending, Run.Status);
        Run = GraphRunDecider.Decide(Run, new PassRunTime(), LeaseDuration, StartUtc.AddSeconds(90)).State;

        Assert.Equal((RunStatus.Failed, "deadline_exceeded"), (Run.Status, Run.Failure!.Reason));
        Assert.Null(Run.NextDueUtc());
    }
}
