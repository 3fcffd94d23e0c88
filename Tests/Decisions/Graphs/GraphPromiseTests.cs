using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>Goal: what coordinators of this kind are known to get wrong is right here, one test for each such fault.</summary>
public sealed class GraphPromiseTests : GraphRunTestBase
{
    [Fact]
    public void Node_WithoutAnyStatus_IsScheduled()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r"}]}""");

        Assert.Equal(FlowTaskStatus.Ready, Node("a").Tasks[0].Status);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 3)]
    public void Retry_Max_AllowsThatManyAttemptsAfterTheFirst(int max, int attempts)
    {
        Submit($$"""{"name":"g","nodes":[{"id":"a","role":"r","retry":{"max":{{max}},"backoff_sec":0} }]}""");

        for (var attempt = 1; attempt <= attempts; attempt++)
        {
            Assert.NotEqual(RunStatus.Failed, Run.Status);
            Fail("a", "oops");
        }

        Assert.Equal((RunStatus.Failed, attempts), (Run.Status, Node("a").Tasks[0].Attempt));
    }

    [Theory]
    [InlineData("""{"max":5,"permanent_on":["quota"]}""", "quota", RunStatus.Failed)]
    [InlineData("""{"max":5,"permanent_on":["quota"]}""", "bad_input", RunStatus.Running)]
    [InlineData("""{"max":5}""", "bad_input", RunStatus.Failed)]
    [InlineData("""{"max":5}""", "schema_mismatch", RunStatus.Failed)]
    [InlineData("""{"max":5}""", "quota", RunStatus.Running)]
    public void Failure_ForAReasonOfPermanentOn_IsNotRetried(string retry, string reason, RunStatus expected)
    {
        Submit($$"""{"name":"g","nodes":[{"id":"a","role":"r","retry":{{retry}} }]}""");

        Fail("a", reason);

        Assert.Equal((expected, 1), (Run.Status, Node("a").Tasks[0].Attempt));
    }

    [Theory]
    [InlineData("""{"max":1,"backoff_sec":0}""", 0)]
    [InlineData("""{"max":1,"backoff_sec":300}""", 60)]
    [InlineData("""{"max":1,"backoff_sec":300,"max_backoff_sec":600}""", 300)]
    [InlineData("{}", 1)]
    public void Retry_WaitsAsLongAsItsBackOffSays_ZeroIncluded(string retry, double seconds)
    {
        Submit($$"""{"name":"g","nodes":[{"id":"a","role":"r","retry":{{retry}} }]}""");

        Fail("a", "oops");

        Assert.Equal(seconds == 0 ? null : StartUtc.AddSeconds(seconds), Run.NextDueUtc());
        Assert.Equal(seconds == 0 ? FlowTaskStatus.Ready : FlowTaskStatus.BackingOff, Node("a").Tasks[0].Status);
    }

    [Theory]
    [InlineData("any", "c:pending")]
    [InlineData("count:1", "c:pending")]
    [InlineData("count:2", "c:skipped")]
    [InlineData("all", "c:skipped")]
    public void FanIn_FailedParent_NeverCounts(string fanIn, string expected)
    {
        Submit($$"""
            {"name":"g","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r"},{"id":"fix","role":"r","depends_on":[{"node":"a","on":"failure"}]},
             {"id":"c","role":"r","depends_on":["a","b"],"fan_in":"{{fanIn}}"}]}
            """);

        FailForGood("a");

        Assert.EndsWith(expected, Shown(), StringComparison.Ordinal);
        Complete("b");
        Assert.EndsWith(expected == "c:pending" ? "c:open" : "c:skipped", Shown(), StringComparison.Ordinal);
    }

    [Fact]
    public void Metrics_OfABatchWhoseFirstAttemptFailed_AreThoseOfTheAttemptThatDidIt()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r","retry":{"backoff_sec":0}},{"id":"sum","fn":"metrics.aggregate","args":{"node_id":"a"},"depends_on":["a"]}]}""");
        Fail("a", "oops");

        Batch("a", metric: 3);
        Complete("a");

        Assert.Equal("""{"n":3}""", Node("sum").Tasks[0].ResultJson);
    }

    [Fact]
    public void Cancel_EndsEveryNodeWhateverItsState()
    {
        Submit("""
            {"name":"g","nodes":[{"id":"done","role":"r"},{"id":"leased","role":"r"},{"id":"failing","role":"r"},{"id":"ready","role":"r"},
             {"id":"streams","role":"r","depends_on":["leased"],"start_when":"first_batch"},{"id":"waits","role":"r","depends_on":["ready"]},
             {"id":"gate","approval":{"timeout_sec":9}}]}
            """);
        Complete("done");
        Batch("leased");
        Grant("streams");
        Fail("failing", "oops");

        Cancel();

        Assert.Equal((RunStatus.Cancelled, "enough"), (Run.Status, Run.CancelReason));
        Assert.Equal("done:done leased:cancelled failing:cancelled ready:cancelled streams:cancelled waits:cancelled gate:cancelled", Shown());
        Assert.All(Run.Nodes.SelectMany(node => node.Tasks), task => Assert.True(task.IsTerminal));
        Assert.Null(Run.NextDueUtc());
    }

    [Fact]
    public void Cancel_KeepsTheVariables()
    {
        Submit("""{"name":"g","vars":{"seen":1},"nodes":[{"id":"incr","fn":"vars.incr","args":{"key":"seen"}},{"id":"a","role":"r"}]}""");

        Cancel();

        Assert.Equal("""{"seen":2}""", Run.Variables.ToJson());
    }

    [Fact]
    public void Failure_ReportedAfterCancel_StartsNothing()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r"},{"id":"fix","role":"r","depends_on":[{"node":"a","on":"failure"}]}]}""");
        Grant("a");
        Cancel();

        var late = GraphRunDecider.Decide(Run, new LeaseTask(Slot("a"), new FailAttempt(1, new LeaseFailure("oops", false, "no"))), LeaseDuration, StartUtc);

        Assert.Equal(LeaseReasons.LeaseLost, late.Refused);
        Run = late.State;
        Assert.Equal("a:cancelled fix:cancelled", Shown());
    }

    [Fact]
    public void Increments_OfManyNodes_AreAllCounted()
    {
        var nodes = Enumerable.Range(0, 15).Select(index =>
            $$"""{"id":"n{{index}}","role":"r"},{"id":"f{{index}}","fn":"vars.incr","args":{"key":"n","by":{{(index < 10 ? 1 : 2)}} },"depends_on":["n{{index}}"]}""");
        Submit($$"""{"name":"g","nodes":[{{string.Join(',', nodes)}}]}""");

        // Ended in another order than begun.
        for (var index = 0; index < 15; index++)
        {
            Complete($"n{index * 7 % 15}");
        }

        Assert.Equal((RunStatus.Completed, """{"n":20}"""), (Run.Status, Run.Variables.ToJson()));
    }

    [Theory]
    [InlineData("""{"keys":"a.b"}""", false)]
    [InlineData("""{"keys":["a.b"]}""", true)]
    [InlineData("""{"paths":["a.b"]}""", true)]
    [InlineData("{}", true)]
    public void Unset_OfAPlainText_IsRefusedAtSubmit(string args, bool isValid)
    {
        var parsed = GraphParser.Parse($$"""{"name":"g","nodes":[{"id":"a","fn":"vars.unset","args":{{args}} }]}""");

        Assert.Equal(isValid ? [] : ["graph_bad_value nodes[0].args"], parsed.Problems.Select(problem => $"{problem.Code} {problem.Path}"));
    }

    private void Cancel() => Run = GraphRunDecider.Decide(Run, new CancelRun("enough"), LeaseDuration, StartUtc).State;

    private void Fail(string node, string reason)
    {
        Grant(node);
        Play(Slot(node), new FailAttempt(Run[Slot(node)].Epoch, new LeaseFailure(reason, false, "no")));
    }
}
