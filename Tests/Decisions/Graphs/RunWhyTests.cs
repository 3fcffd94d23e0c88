using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>Why a run or node stands where it does.</summary>
public sealed class RunWhyTests : GraphRunTestBase
{
    private const string Chain = """{"name":"g","nodes":[{"id":"a","role":"r","tasks":2},{"id":"b","role":"s","depends_on":["a"]}]}""";

    [Fact]
    public void Ready_WithoutAWorkerOfTheRole_SaysSo()
    {
        Submit(Chain);

        Assert.Equal(["r"], RunWhy.RolesOf(Run, null));
        Assert.Equal((WhyCodes.NoWorker, "a"), Only(null));
        Assert.Contains("has ever announced role 'r'", Why(null)[0].Text, StringComparison.Ordinal);
        Assert.Contains("is connected", Why(null, new RoleFacts(true, 0, 0, 2))[0].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, null, null, WhyCodes.SlotsFull)]
    [InlineData(3, null, null, WhyCodes.Queued)]
    [InlineData(3, "label gpu=true", null, WhyCodes.NeedsUnmet)]
    [InlineData(3, null, "2 of role 'r' at once", WhyCodes.Limit)]
    public void Ready_WithWorkers_SaysWhatTheyLack(int freeSlots, string? unmet, string? limit, string expected)
    {
        Submit(Chain);

        Assert.Equal((expected, "a"), Only(null, new RoleFacts(true, 2, freeSlots, 2) { Unserved = unmet is null ? null : new Dictionary<string, string> { [""] = unmet }, Limit = limit }));
    }

    [Theory]
    [InlineData("db", WhyCodes.Limit)]
    [InlineData("other", WhyCodes.SlotsFull)]
    public void Ready_WhoseKeyIsFull_NamesTheLimit(string full, string expected)
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r","concurrency":{"limit":2,"key":"db"}}]}""");

        var reason = Assert.Single(Why("a", new RoleFacts(true, 1, 0, 1) { FullKeys = [full] }));

        Assert.Equal((expected, full == "db"), (reason.Code, reason.Text.Contains("2 of key 'db'", StringComparison.Ordinal)));
    }

    [Fact]
    public void Node_ThatWaitsForItsParents_NamesThem()
    {
        Submit(Chain);
        Grant("a");

        var reason = Assert.Single(Why("b"));

        Assert.Equal(WhyCodes.WaitingForParents, reason.Code);
        Assert.Contains("'a' (running)", reason.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Why(null), one => one.Code == WhyCodes.WaitingForParents);
    }

    [Fact]
    public void Paused_ComesFirst_WithItsReason()
    {
        Submit(Chain);
        Run = GraphRunDecider.Decide(Run, new PauseRun("lunch"), LeaseDuration, StartUtc).State;

        Assert.Equal((WhyCodes.Paused, null), (Why(null)[0].Code, Why(null)[0].Node));
        Assert.Contains("(lunch)", Why(null)[0].Text, StringComparison.Ordinal);
        Assert.Equal(WhyCodes.Paused, Assert.Single(Why("a")).Code);
    }

    [Fact]
    public void BackingOff_NamesTheFailureAndTheTime()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r","retry":{"max":2,"backoff_sec":10}}]}""");
        Grant("a");
        Play(Slot("a"), new FailAttempt(1, new LeaseFailure("oops", false, "no luck")));

        var reason = Assert.Single(Why("a"));

        Assert.Equal((WhyCodes.BackingOff, StartUtc.AddSeconds(10)), (reason.Code, reason.UntilUtc));
        Assert.Contains("oops: no luck", reason.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Gate_SaysWhoIsWaitedForAndUntilWhen()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","approval":{"timeout_sec":60}}]}""");

        var reason = Assert.Single(Why(null));

        Assert.Equal((WhyCodes.Approval, StartUtc.AddSeconds(60)), (reason.Code, reason.UntilUtc));
        Assert.Contains("flow approve run a", reason.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Running_NamesTheWorkers()
    {
        Submit(Chain);
        Grant("a", 1);

        Assert.Equal([WhyCodes.SlotsFull, WhyCodes.Running], Why("a", new RoleFacts(true, 1, 0, 1)).Select(reason => reason.Code));
        Assert.Contains("1 task of 2 of node 'a' runs on w", Why("a")[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Ended_SaysHow()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":[{"node":"a","on":"failure"}]},{"id":"c","role":"r","depends_on":["a"],"retry":{"max":0}},{"id":"d","role":"r","depends_on":["c"]}]}""");
        Complete("a");
        FailForGood("c");

        Assert.Equal((WhyCodes.Failed, "c"), Only(null));
        Assert.Contains("oops: Task 'run/c/0' failed: no", Why(null)[0].Text, StringComparison.Ordinal);
        Assert.Equal(
            [WhyCodes.Completed, WhyCodes.Skipped, WhyCodes.Failed, WhyCodes.Cancelled], ((string[])["a", "b", "c", "d"]).Select(node => Assert.Single(Why(node)).Code));
        Assert.Contains("'a' (completed)", Why("b")[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelled_NamesTheReason()
    {
        Submit(Chain);
        Run = GraphRunDecider.Decide(Run, new CancelRun("budget"), LeaseDuration, StartUtc).State;

        Assert.Contains("budget", Assert.Single(Why(null)).Text, StringComparison.Ordinal);
        Assert.Equal((WhyCodes.Cancelled, "a"), Only("a"));
    }

    private (string Code, string? Node) Only(string? node, RoleFacts? facts = null) =>
        Assert.Single(Why(node, facts)) is var reason ? (reason.Code, reason.Node) : default;

    private IReadOnlyList<WhyReason> Why(string? node, RoleFacts? facts = null) => RunWhy.Of(
        Run, node is null ? null : Run.Plan!.Find(node)!.Index, facts is null ? new Dictionary<string, RoleFacts>() : new Dictionary<string, RoleFacts> { ["r"] = facts });
}
