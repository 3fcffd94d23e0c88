using System.Text.Json;
using OrleansFlow.Workflows.Contexts;

namespace OrleansFlow.Tests.Workflows.Contexts;

/// <summary>Goal: what each type decides where branches contradict each other, what its JSON looks like, and that a delta is as small as the change.</summary>
public sealed class ContextTypeTests
{
    private static readonly WriterId A = new("a");
    private static readonly WriterId B = new("b");

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Fixed_MergedWithAnother_KeepsItself()
    {
        Assert.Equal(1, Fixed<int>.Of(1).Merge(Fixed<int>.Of(2)).Value);
        Assert.Equal(2, Fixed<int>.Empty.Merge(Fixed<int>.Of(2)).Value);
        Assert.Equal("""{"value":1}""", JsonSerializer.Serialize(Fixed<int>.Of(1)));
    }

    [Fact]
    public void Counters_OfConcurrentBranches_AddUp()
    {
        var start = UpDownCounter.Empty.Add(A, 10);

        Assert.Equal(10 + 5 - 7, start.Add(A, 5).Merge(start.Add(B, -7)).Value);
        Assert.Equal("""{"sums":{"a":3,"b":1}}""", JsonSerializer.Serialize(GrowCounter.Empty.Add(B).Add(A, 3)));
        Assert.Throws<ArgumentOutOfRangeException>(() => GrowCounter.Empty.Add(A, -1));
        Assert.Throws<OverflowException>(() => GrowCounter.Empty.Add(A, long.MaxValue).Add(A));
    }

    [Fact]
    public void LastWriter_OfConcurrentWrites_KeepsTheLater_AndALaterWriteWinsOverAClockThatIsBehind()
    {
        var ahead = new HybridClock(A, new ManualTimeProvider(_time.GetUtcNow().AddSeconds(30)));
        var behind = new HybridClock(B, _time);
        var first = LastWriter<string>.Empty.Set("ahead", ahead);
        var overwritten = first.Set("behind, but later", behind);

        Assert.Equal("ahead", LastWriter<string>.Empty.Set("concurrent", behind).Merge(LastWriter<string>.Empty.Set("ahead", new HybridClock(A, new ManualTimeProvider(_time.GetUtcNow().AddMinutes(1))))).Value);
        Assert.Equal("behind, but later", first.Merge(overwritten).Value);
    }

    [Fact]
    public void AddWinsSet_WhereOneBranchAddsWhatTheOtherRemoves_KeepsIt()
    {
        var start = AddWinsSet<string>.Empty.Add("x", A).Add("y", A);
        var removes = start.Remove("x").Remove("y");
        var addsAgain = start.Add("x", B);

        Assert.Equal(["x"], removes.Merge(addsAgain).Items);
        Assert.Equal(["x"], addsAgain.Merge(removes).Items);
        Assert.False(start.Merge(removes).Contains("y"));
    }

    [Fact]
    public void AddWinsSet_AfterManyAdditionsAndRemovals_KeepsOneNumberAWriter()
    {
        var set = AddWinsSet<int>.Empty;
        for (var item = 0; item < 1_000; item++)
        {
            set = set.Add(item, A).Remove(item);
        }

        Assert.Equal("""{"additions":[],"seen":{"first":{"a":1000},"loose":[]}}""", JsonSerializer.Serialize(set));
    }

    [Fact]
    public void EventLog_OfOneMillisecond_KeepsEachWritersOrder_AndMergesToOneList()
    {
        var start = EventLog<string>.Empty.Append("start", new HybridClock(A, _time));
        var left = Append(start, new HybridClock(A, _time), "a1", "a2", "a3");
        var right = Append(start, new HybridClock(B, _time), "b1", "b2");

        var merged = left.Merge(right);

        Assert.Equal(merged.Events, right.Merge(left).Events);
        Assert.Equal("start", merged.Events.First());
        Assert.Equal(["a1", "a2", "a3"], merged.Events.Where(text => text[0] == 'a'));
        Assert.Equal(["b1", "b2"], merged.Events.Where(text => text[0] == 'b'));
        Assert.Equal("start,a1,b1", merged.ApplyAll("", (all, text) => all.Length == 0 ? text : text[1] == '1' ? $"{all},{text}" : all));
    }

    [Fact]
    public void EventLog_AppendedToByAFailedStep_IsAsItWas()
    {
        var committed = EventLog<string>.Empty.Append("kept", new HybridClock(A, _time));

        _ = Append(committed, new HybridClock(B, _time), "lost 1", "lost 2", "lost 3");

        Assert.Equal(["kept"], committed.Events);
    }

    [Fact]
    public void EventLog_WhenTheMachinesClockGoesBack_KeepsTheOrderOfAppending()
    {
        var log = EventLog<string>.Empty.Append("1", new HybridClock(A, new ManualTimeProvider(_time.GetUtcNow().AddSeconds(5))));

        Assert.Equal(["1", "2"], log.Append("2", new HybridClock(A, _time)).Events);
    }

    [Fact]
    public void MergeMap_SetByTwoBranches_MergesKeyByKey_KeepingTheLeftSidesFixed()
    {
        var left = MergeMap<Fixed<int>>.Empty.Change("k", _ => Fixed<int>.Of(1));
        var right = MergeMap<Fixed<int>>.Empty.Change("k", _ => Fixed<int>.Of(2)).Change("other", _ => Fixed<int>.Of(3));

        var merged = left.Merge(right);

        Assert.Equal((1, 3), (merged["k"].Value, merged["other"].Value));
        Assert.True(merged["missing"].IsUnset);
    }

    [Fact]
    public void Delta_OfALargeContext_HoldsOnlyWhatChanged()
    {
        var clock = new HybridClock(A, _time);
        var log = EventLog<int>.Empty;
        var set = AddWinsSet<int>.Empty;
        var map = MergeMap<GrowCounter>.Empty;
        for (var item = 0; item < 10_000; item++)
        {
            (log, set, map) = (log.Append(item, clock), set.Add(item, A), map.Change($"k{item}", count => count.Add(A)));
        }

        Assert.Equal([-1, -2], log.Append(-1, clock).Append(-2, clock).DeltaSince(log).Events);
        Assert.Equal("""{"additions":[{"dot":{"w":"a","n":10001},"value":-1}],"seen":{"first":{},"loose":[{"w":"a","n":8},{"w":"a","n":10001}]}}""", JsonSerializer.Serialize(set.Remove(7).Add(-1, A).DeltaSince(set)));
        Assert.Equal(["k7"], map.Change("k7", count => count.Add(B)).DeltaSince(map).Values.Keys);
        Assert.Same(EventLog<int>.Empty, log.DeltaSince(log));
    }

    [Fact]
    public void Delta_AfterMoreChangesThanTheJournalKeeps_IsStillRight()
    {
        var before = MergeMap<GrowCounter>.Empty.Change("kept", count => count.Add(A));
        var after = before;
        for (var change = 0; change < 10_000; change++)
        {
            after = after.Change($"k{change % 10}", count => count.Add(A));
        }

        var delta = after.DeltaSince(before);

        Assert.Equal(10, delta.Values.Count);
        Assert.Equal(after, before.Merge(delta));
    }

    private static EventLog<string> Append(EventLog<string> log, HybridClock clock, params string[] events) =>
        events.Aggregate(log, (all, text) => all.Append(text, clock));
}
