using OrleansFlow.Grains.Workflows;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Grains.Workflows;

/// <summary>Goal: what may wait for the disk costs nothing when it is lost, and a segment that a listing leaves out holds nothing of it.</summary>
public sealed class WorkflowIndexRulesTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Judge_OfNewsInAnyOrder_KeepsTheNewest()
    {
        var random = new Random(7);
        for (var round = 0; round < 200; round++)
        {
            var news = Enumerable.Range(1, 6).Select(order => Any(random) with { Order = order }).ToArray();
            random.Shuffle(news);
            WorkflowIndexLine? known = null;
            foreach (var line in news)
            {
                known = WorkflowIndexRules.Judge(known, line) == WorkflowNews.Old ? known : line;
            }

            Assert.Equal(6, known!.Order);
        }
    }

    [Fact]
    public void Judge_OfARunThatWasWokenAndParkedAgainWithoutAnythingNew_TakesWhatItSays()
    {
        var parked = Any(new Random(3)) with { Status = WorkflowRunStatus.Running, EndedUtc = null, Order = 7, WakeUtc = Start };
        var woken = parked with { WakeUtc = null };

        Assert.Equal(WorkflowNews.MayWait, WorkflowIndexRules.Judge(woken, parked with { WakeUtc = Start.AddHours(1) }));
        Assert.Equal(WorkflowNews.Old, WorkflowIndexRules.Judge(woken, woken));
        Assert.Equal(WorkflowNews.Old, WorkflowIndexRules.Judge(parked, parked with { WakeUtc = Start.AddHours(1) }));
        Assert.Equal(WorkflowNews.Old, WorkflowIndexRules.Judge(woken, parked with { Order = 6 }));
    }

    [Fact]
    public void Put_OfARunThatWasWokenTooEarlyByItsOwnClock_WaitsBeforeItIsWokenAgain()
    {
        var parked = Any(new Random(3)) with { Status = WorkflowRunStatus.Running, EndedUtc = null, Order = 7, WakeUtc = Start };
        var woken = parked with { WakeUtc = null };

        Assert.Equal(Start + WorkflowIndexRules.TooEarlyWait, WorkflowIndexRules.Put(woken, parked, Start).WakeUtc);
        Assert.Equal(Start.AddTicks(1), WorkflowIndexRules.Put(woken, parked with { WakeUtc = Start.AddTicks(1) }, Start).WakeUtc);
        Assert.Equal(Start, WorkflowIndexRules.Put(woken, parked with { Order = 8 }, Start).WakeUtc);
        Assert.Equal(Start, WorkflowIndexRules.Put(parked, parked, Start).WakeUtc);
    }

    [Fact]
    public void Judge_WhateverMayWait_IsWokenByWhatWasKnown()
    {
        var random = new Random(8);
        for (var round = 0; round < 2_000; round++)
        {
            var (known, news) = (Any(random), Any(random) with { Order = 9 });
            if (WorkflowIndexRules.Judge(known, news) == WorkflowNews.MayWait)
            {
                // With the news lost, the run is still woken no later than they ask for.
                Assert.True(WakeOf(known) <= WakeOf(news), $"{known} -> {news}");
            }
        }

        static DateTimeOffset WakeOf(WorkflowIndexLine line) => line.IsLive ? DateTimeOffset.MinValue : line.DueUtc ?? DateTimeOffset.MaxValue;
    }

    [Fact]
    public void Line_OfARunThatHasEnded_IsLiveWhileItOwesOthersSomething()
    {
        var ended = Any(new Random(1)) with { Status = WorkflowRunStatus.Completed, Order = 1, WakeUtc = null };
        var owing = ended with { Order = 2, WakeUtc = WorkflowLine.Owing };

        Assert.Equal((false, true), (ended.IsLive, owing.IsLive));
        Assert.Equal((null, null), (owing.DueUtc, owing.ToLine().WakeUtc));
        Assert.Equal(WorkflowNews.Urgent, WorkflowIndexRules.Judge(ended, owing));
        var segment = new WorkflowIndexSegment(1);
        segment.Hold([owing], null);
        Assert.Equal((1, 1), (segment.OpenCount, segment.LiveCount));
        segment.Hold([ended], null);
        Assert.Equal((0, 0), (segment.OpenCount, segment.LiveCount));
    }

    [Fact]
    public void Segment_ThatMayNotMatch_HoldsNoLineThatDoes()
    {
        var random = new Random(9);
        var (left, matching) = (0, 0);
        for (var round = 0; round < 2_000; round++)
        {
            var segment = new WorkflowIndexSegment(1);
            segment.Hold([.. Enumerable.Range(0, random.Next(0, 5)).Select(_ => Any(random))], null);
            var filter = new WorkflowFilter
            {
                Workflow = random.Next(2) == 0 ? null : $"w{random.Next(40)}",
                Parent = random.Next(4) > 0 ? default : new RunId($"p{random.Next(4)}"),
                Statuses = random.Next(2) == 0 ? [] : [(WorkflowRunStatus)random.Next(1, 6)],
                StartedFromUtc = random.Next(2) == 0 ? null : Start.AddSeconds(random.Next(100)),
                StartedBeforeUtc = random.Next(2) == 0 ? null : Start.AddSeconds(random.Next(100)),
                Attributes = random.Next(2) == 0 ? null : new Dictionary<string, string> { ["k"] = $"{random.Next(40)}" },
            };
            var matches = segment.Lines!.Exists(line => WorkflowIndexRules.Matches(filter, line));
            left += segment.MayMatch(filter) ? 0 : 1;
            matching += matches ? 1 : 0;

            Assert.True(segment.MayMatch(filter) || !matches);
        }

        Assert.True(left > 500 && matching > 50, $"{left} left out, {matching} matching");
    }

    private static WorkflowIndexLine Any(Random random) => new()
    {
        Run = $"r{random.Next(10)}",
        Workflow = $"w{random.Next(40)}",
        Version = 1,
        Status = (WorkflowRunStatus)random.Next(1, 6),
        StartedUtc = Start.AddSeconds(random.Next(100)),
        Order = 1,
        Parent = random.Next(2) == 0 ? null : $"p{random.Next(4)}",
        WakeUtc = random.Next(4) switch { 0 => null, 1 => DateTimeOffset.MaxValue, _ => Start.AddSeconds(random.Next(1_000)) },
        Attributes = random.Next(2) == 0 ? null : new Dictionary<string, string> { ["k"] = $"{random.Next(40)}" },
    };
}
