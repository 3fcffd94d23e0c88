using System.Collections.Immutable;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Invariants;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Simulation.Mutations;

/// <summary>The invariant of fan-in bites: lease rules decide nothing about it, so that it is shown wrong decisions themselves.</summary>
public sealed class FanInInvariantTests
{
    private static readonly ImmutableSortedDictionary<string, double> NoMetrics = ImmutableSortedDictionary<string, double>.Empty;
    private static readonly RunId Run = new("r");

    private readonly SimulatedWorld _world = new(1, new WorldOptions(), keepsHistory: false, mutation: null);
    private readonly FanInInvariant _invariant;

    public FanInInvariantTests() => _invariant = new FanInInvariant(_world);

    [Theory]
    [InlineData("all", 1, "", false)]
    [InlineData("all", 2, "", true)]
    [InlineData("any", 0, "", false)]
    [InlineData("any", 1, "", true)]
    [InlineData("count:2", 1, "", false)]
    [InlineData("count:2", 2, "", true)]
    [InlineData("all", 1, "b", false)]
    [InlineData("any", 0, "b", false)]
    public void Grant_BeforeTheFanInIsMet_IsCaught(string fanIn, int completed, string failed, bool isRight)
    {
        _invariant.OnRunSubmitting(Run, $$"""{"name":"x","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r"},{"id":"c","role":"r","depends_on":["a","b"],"fan_in":"{{fanIn}}"}]}""");
        foreach (var parent in "ab".Take(completed).Select(letter => letter.ToString()))
        {
            Show(parent, new TaskCompleted(DateTimeOffset.UnixEpoch, null, NoMetrics));
        }

        if (failed.Length > 0)
        {
            Show(failed, new TaskFailed(DateTimeOffset.UnixEpoch, new LeaseFailure("oops", true, "no"), Reported: true, 1, new WorkerId("w")));
        }

        Show("c", new LeaseGranted(DateTimeOffset.UnixEpoch, 1, new WorkerId("w"), "s", DateTimeOffset.UnixEpoch));

        Assert.Equal(isRight, _world.Watch.Violation is null);
    }

    [Theory]
    [InlineData("on_batch", true)]
    [InlineData("on_done", false)]
    public void Grant_AfterABatch_IsRightWhereTheTriggerSaysSo(string trigger, bool isRight)
    {
        _invariant.OnRunSubmitting(Run, $$"""{"name":"x","nodes":[{"id":"a","role":"r"},{"id":"c","role":"r","depends_on":["a"],"triggers":{"a":"{{trigger}}"} }]}""");
        Show("a", new BatchAccepted(DateTimeOffset.UnixEpoch, 0, new AcceptedBatch(1, 1, 1, "p"), NoMetrics));

        Show("c", new LeaseGranted(DateTimeOffset.UnixEpoch, 1, new WorkerId("w"), "s", DateTimeOffset.UnixEpoch));

        Assert.Equal(isRight, _world.Watch.Violation is null);
    }

    [Theory]
    [InlineData("fail", true, true, true)]
    [InlineData("end_of_input", true, true, false)]
    [InlineData("fail", false, true, false)]
    [InlineData("fail", true, false, false)]
    public void Grant_AfterTheFailureOfAParentThatAFailureCutOff_IsRightWhereItWasReading(string onFailure, bool delivers, bool fails, bool isRight)
    {
        _invariant.OnRunSubmitting(Run, $$"""
            {"name":"x","nodes":[{"id":"a","role":"r"},
            {"id":"b","role":"r","depends_on":["a"],"start_when":"first_batch","on_upstream_failure":"{{onFailure}}"},
            {"id":"c","role":"r","depends_on":[{"node":"b","on":"failure"}]}]}
            """);
        if (delivers)
        {
            Show("a", new BatchAccepted(DateTimeOffset.UnixEpoch, 0, new AcceptedBatch(1, 1, 1, "p"), NoMetrics));
        }

        if (fails)
        {
            Show("a", new TaskFailed(DateTimeOffset.UnixEpoch, new LeaseFailure("oops", true, "no"), Reported: true, 1, new WorkerId("w")));
        }

        Show("c", new LeaseGranted(DateTimeOffset.UnixEpoch, 1, new WorkerId("w"), "s", DateTimeOffset.UnixEpoch));

        Assert.Equal(isRight, _world.Watch.Violation is null);
    }

    private void Show(string node, LeaseEvent change) => _invariant.OnDecision(new LeaseStep(
        TaskId.OfRun(Run, node, 0), TaskLease.Pending, new PassTime(), new LeasePolicy { Duration = TimeSpan.FromSeconds(60) }, DateTimeOffset.UnixEpoch, new LeaseDecision([change])));
}
