using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Grains.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>Goal: what one message says about a run has an end, however large the run is, and nothing is left out of the pages.</summary>
public sealed class RunViewsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1_000, true)]
    [InlineData(1_001, false)]
    public void Run_OfManyTasks_ShowsThemUpToTheBoundAndAlwaysCountsThem(int tasks, bool shown)
    {
        var run = Do(Submitted(tasks), new LeaseTask(new TaskSlot(0, 1), new GrantLease(new WorkerId("w"), "s")));

        var node = RunViews.Run(run, 0, withNodes: true).Nodes[0];

        Assert.Equal(shown ? tasks : 0, node.Tasks.Count);
        Assert.Equal((tasks, tasks - 1, 1, 0), (node.TaskCount, node.ReadyCount, node.LeasedCount, node.CompletedCount));
    }

    [Theory]
    [InlineData(16, true)]
    [InlineData(17, false)]
    public void Run_WithLongResults_ShowsItsTasksUpToTheBound(int results, bool shown)
    {
        var run = WithResults(20, results);

        var node = RunViews.Run(run, 0, withNodes: true).Nodes[0];

        Assert.Equal(shown ? 20 : 0, node.Tasks.Count);
        Assert.Equal((20, results), (node.TaskCount, node.CompletedCount));
    }

    [Fact]
    public void Tasks_InPages_GiveEachOnceInOrder()
    {
        var run = Do(GraphRunState.None, new SubmitRun(new RunId("r"), GraphParser.Parse(
            """{"name":"x","nodes":[{"id":"a","role":"r","tasks":3},{"id":"b","role":"r","depends_on":["a"],"tasks":4}]}""").RequirePlan()));

        Assert.Equal(["r/a/0", "r/a/1", "r/a/2", "r/b/0", "r/b/1", "r/b/2", "r/b/3"], Pages(run, null, 2).SelectMany(page => page));
        Assert.Equal(["r/b/0", "r/b/1", "r/b/2", "r/b/3"], Assert.Single(Pages(run, 1, 4)));
        Assert.Equal(["r/b/2", "r/b/3"], RunViews.Tasks(run, 1, 2, 10).Tasks.Select(task => task.TaskId.Value));
        Assert.Empty(RunViews.Tasks(run, null, 7, 10).Tasks);
    }

    [Fact]
    public void Tasks_WithLongResults_MakeShorterPages()
    {
        var pages = Pages(WithResults(40, 40), null, 40);

        Assert.Equal(40, pages.Sum(page => page.Length));
        Assert.Equal([17, 17, 6], pages.Select(page => page.Length));
    }

    private static List<string[]> Pages(GraphRunState run, int? node, int limit)
    {
        var pages = new List<string[]>();
        for (int? begin = 0; begin is { } next;)
        {
            var page = RunViews.Tasks(run, node, next, limit);
            pages.Add([.. page.Tasks.Select(task => task.TaskId.Value)]);
            begin = page.Next;
        }

        return pages;
    }

    private static GraphRunState Submitted(int tasks) => Do(GraphRunState.None, new SubmitRun(
        new RunId("r"), GraphParser.Parse($$"""{"name":"x","nodes":[{"id":"a","role":"r","tasks":{{tasks}}}]}""").RequirePlan()));

    private static GraphRunState WithResults(int tasks, int results)
    {
        var run = Submitted(tasks);
        for (var task = 0; task < results; task++)
        {
            var slot = new TaskSlot(0, task);
            run = Do(run, new LeaseTask(slot, new GrantLease(new WorkerId("w"), "s")));
            run = Do(run, new LeaseTask(slot, new CompleteAttempt(1, 0, new string('x', 64 * 1024))));
        }

        return run;
    }

    private static GraphRunState Do(GraphRunState run, GraphRunCommand command)
    {
        var decision = GraphRunDecider.Decide(run, command, TimeSpan.FromSeconds(60), Now);
        Assert.True(decision.IsAccepted);
        return decision.State;
    }
}
