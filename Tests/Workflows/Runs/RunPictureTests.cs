using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Runs;

/// <summary>Goal: the picture of a live run says what each node's items do.</summary>
public sealed class RunPictureTests
{
    [Fact]
    public void Picture_ShowsWhatEachNodesItemsDo()
    {
        var run = RunScript.Of(flow => flow.Start(flow.Node<int, int>("first", (value, _) => value).To(
            flow.Node<int, int>("busy", (value, _) => value).End(),
            flow.Node<int, int>("retries", (value, _) => value).End(),
            flow.Node<int, int>("asks", (value, _) => value).End(),
            flow.Node<int, int>("queued", (value, _) => value).End())));
        run.Next(run.Take(), "busy", "retries", "asks", "queued");
        _ = run.Take();
        run.Fail(run.Take());
        run.Commit(run.Take(), new StepOutcome { Signal = "answer" });

        var states = new[] { ("first", "done"), ("busy", "running"), ("retries", "retrying"), ("asks", "waiting"), ("queued", "pending") };
        var (mermaid, dot) = (run.State.Workflow.ToMermaid(run.State), run.State.Workflow.ToDot(run.State));

        Assert.All(states, pair =>
        {
            Assert.Contains($"  class n{run.State.Workflow.IndexOf(pair.Item1)} {pair.Item2}\n", mermaid, StringComparison.Ordinal);
            Assert.Contains($"tooltip=\"{pair.Item2}\"", dot[dot.LastIndexOf($"\"{pair.Item1}\" [", StringComparison.Ordinal)..], StringComparison.Ordinal);
        });
        Assert.EndsWith("}\n", dot, StringComparison.Ordinal);
    }

    [Fact]
    public void Picture_OfAFailedRun_ShowsWhatFailed()
    {
        var run = RunScript.Of(RunFlows.Broadcast, OrleansFlow.Workflows.Retries.StepRetryPolicy.Never);
        run.Next(run.Take(), "left", "right");
        run.Fail(run.Take());

        var picture = run.State.Workflow.ToMermaid(run.State);

        Assert.Contains("  class n1 failed\n", picture, StringComparison.Ordinal);
        Assert.Contains("  class n2 pending\n", picture, StringComparison.Ordinal);
    }
}
