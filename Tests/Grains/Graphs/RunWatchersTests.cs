using System.Collections.Immutable;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Grains.Graphs;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Grains.Graphs;

public sealed class RunWatchersTests
{
    private readonly ManualTimeProvider _clock = new();
    private GraphRunState _run = GraphRunState.None;

    [Fact]
    public async Task Watch_SlowReader_GetsTheWholeRunInsteadOfAGap()
    {
        var watchers = new RunWatchers(() => RunViews.Run(_run, 0, withNodes: true), _clock);
        Do(new SubmitRun(new RunId("r"), GraphParser.Parse("""{"name":"x","nodes":[{"id":"a","role":"r"}]}""").RequirePlan()));
        await using var watch = watchers.WatchAsync(() => _run.IsTerminal, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await watch.MoveNextAsync());
        Assert.NotNull(watch.Current.Snapshot);

        Publish(watchers, new LeaseTask(default, new GrantLease(new WorkerId("w"), "s")));
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal((2L, FlowTaskStatus.Leased), (watch.Current.Sequence, watch.Current.Task!.Status));
        for (var index = 0; index < 2_000; index++)
        {
            Publish(watchers, new LeaseTask(default, new AcceptBatch(1, index, new AcceptedBatch(1, 1, 1, "p"))));
        }

        Publish(watchers, new LeaseTask(default, new CompleteAttempt(1, 2_000)));
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal((3L, 2_000L, RunStatus.Completed), (watch.Current.Sequence, watch.Current.Snapshot!.Nodes[0].Batches, watch.Current.Snapshot.Status));
        Assert.False(await watch.MoveNextAsync());
    }

    [Fact]
    public async Task Watch_WhenNothingCanBeCommittedAnyMore_Fails()
    {
        var watchers = new RunWatchers(() => RunViews.Run(_run, 0, withNodes: true), _clock);
        Do(new SubmitRun(new RunId("r"), GraphParser.Parse("""{"name":"x","nodes":[{"id":"a","role":"r"}]}""").RequirePlan()));
        await using var watch = watchers.WatchAsync(() => _run.IsTerminal, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await watch.MoveNextAsync();
        var next = watch.MoveNextAsync();
        watchers.Fail(new IOException("disk"));

        await Assert.ThrowsAsync<IOException>(async () => await next);
    }

    private void Publish(RunWatchers watchers, GraphRunCommand command)
    {
        var events = Do(command);
        watchers.Publish(_run, events);
    }

    private ImmutableArray<GraphRunEvent> Do(GraphRunCommand command)
    {
        var decision = GraphRunDecider.Decide(_run, command, TimeSpan.FromSeconds(60), _clock.GetUtcNow());
        _run = decision.State;
        return decision.Events;
    }
}
