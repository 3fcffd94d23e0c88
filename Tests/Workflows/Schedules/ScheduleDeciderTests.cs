using System.Collections.Immutable;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Schedules;

namespace OrleansFlow.Tests.Workflows.Schedules;

/// <summary>Goal: every time of a schedule is run once, left out for a reason that is counted, or missed; never twice, and never two at once unless asked for.</summary>
public sealed class ScheduleDeciderTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Tick_AtEachTime_StartsARunWhoseIdIsMadeFromTheTime()
    {
        var state = Create(ScheduleOverlap.AllowAll);

        state = Tick(state, Noon.AddSeconds(59));
        Assert.Empty(state.Owed);
        state = Tick(state, Noon.AddMinutes(2));

        Assert.Equal(["s-20260301T120100Z", "s-20260301T120200Z"], state.Owed.Select(order => order.Run));
        Assert.Equal(Noon.AddMinutes(3), state.NextUtc());
    }

    [Fact]
    public void Tick_Twice_StartsNothingTwice()
    {
        var state = Tick(Create(ScheduleOverlap.AllowAll), Noon.AddMinutes(5));

        Assert.Same(state, Tick(state, Noon.AddMinutes(5)));
        Assert.Equal(5, state.Owed.Count);
    }

    [Theory]
    [InlineData(ScheduleOverlap.Skip, 1, 0, 3)]
    [InlineData(ScheduleOverlap.BufferOne, 1, 1, 2)]
    [InlineData(ScheduleOverlap.BufferAll, 1, 3, 0)]
    [InlineData(ScheduleOverlap.CancelOther, 1, 1, 2)]
    [InlineData(ScheduleOverlap.TerminateOther, 1, 1, 2)]
    [InlineData(ScheduleOverlap.AllowAll, 4, 0, 0)]
    public void Overlap_WhileTheFirstRunGoesOn_IsAsThePolicySays(ScheduleOverlap overlap, int started, int waiting, int skipped)
    {
        var state = Tick(Create(overlap), Noon.AddMinutes(4));

        Assert.Equal((started, waiting, skipped), (state.StartedCount, state.Buffer.Count, state.SkippedCount));
        var stops = state.Owed.Where(order => order.Kind != ScheduleOrderKind.Start).Select(order => (order.Kind, order.Run));
        Assert.Equal(
            overlap switch
            {
                ScheduleOverlap.CancelOther => [(ScheduleOrderKind.Cancel, "s-20260301T120100Z")],
                ScheduleOverlap.TerminateOther => [(ScheduleOrderKind.Terminate, "s-20260301T120100Z")],
                _ => [],
            },
            stops);

        // The newest waits for a run that is stopped; the oldest for its turn.
        state = Decide(state, new ScheduleCommand.Ended("s-20260301T120100Z", null), Noon.AddMinutes(4));
        var next = overlap switch
        {
            ScheduleOverlap.BufferOne or ScheduleOverlap.BufferAll => "s-20260301T120200Z",
            ScheduleOverlap.CancelOther or ScheduleOverlap.TerminateOther => "s-20260301T120400Z",
            _ => null,
        };
        Assert.Equal(next is null ? [] : [next], state.Running.Select(run => run.Run));
    }

    [Theory]
    [InlineData(60, 0)]
    [InlineData(61, 1)]
    [InlineData(90, 30)]
    public void Tick_AfterALongAbsence_CatchesUpAsFarAsAllowed(int minutesAway, int missed)
    {
        var state = Tick(Create(ScheduleOverlap.AllowAll), Noon.AddMinutes(minutesAway).AddSeconds(minutesAway == 60 ? 0 : 30));

        Assert.Equal((missed, minutesAway - missed), (state.MissedCount, state.StartedCount));
    }

    [Fact]
    public void Tick_AfterYears_SeesToAThousandTimesAndIsDueAgain()
    {
        var state = Tick(Create(ScheduleOverlap.Skip), Noon.AddYears(1));

        Assert.Equal((long)ScheduleDecider.TimesMax, state.MissedCount);
        Assert.True(state.NextUtc() < Noon.AddYears(1));
    }

    [Fact]
    public void Pause_LeavesTimesOut_AndUnpauseGoesOnWithTheNext()
    {
        var state = Decide(Create(ScheduleOverlap.AllowAll), new ScheduleCommand.Pause("maintenance"), Noon.AddSeconds(90));
        Assert.Equal((1, "maintenance", null), (state.StartedCount, state.Note, state.NextUtc()));

        state = Decide(Tick(state, Noon.AddMinutes(10)), new ScheduleCommand.Unpause("done"), Noon.AddMinutes(20));
        Assert.Equal(1, state.StartedCount);
        state = Tick(state, Noon.AddMinutes(21));

        Assert.Equal((2, 0), (state.StartedCount, state.MissedCount));
        Assert.Equal("s-20260301T122100Z", state.Owed[^1].Run);
    }

    [Fact]
    public void Trigger_OfAPausedSchedule_StartsARunNow()
    {
        var state = Decide(Create(ScheduleOverlap.Skip), new ScheduleCommand.Pause(null), Noon);
        state = Decide(state, new ScheduleCommand.Trigger(null), Noon);
        state = Decide(state, new ScheduleCommand.Trigger(ScheduleOverlap.AllowAll), Noon);

        Assert.Equal(["s-now-1", "s-now-2"], state.Owed.Select(order => order.Run));
    }

    [Fact]
    public void Backfill_OfARange_RunsEachOfItsTimesOnceOneAfterTheOther()
    {
        var state = Decide(Create(ScheduleOverlap.Skip), new ScheduleCommand.Backfill(Noon.AddMinutes(-3), Noon, ScheduleOverlap.BufferAll), Noon);
        var again = Decide(state, new ScheduleCommand.Backfill(Noon.AddMinutes(-3), Noon, ScheduleOverlap.BufferAll), Noon);
        Assert.Equal((1, 3), (again.Running.Count, again.Buffer.Count));

        var ran = new List<string>();
        while (state.Running is [var run, ..])
        {
            ran.Add(run.Run);
            state = Decide(state, new ScheduleCommand.Ended(run.Run, null), Noon);
        }

        Assert.Equal(["s-20260301T115700Z", "s-20260301T115800Z", "s-20260301T115900Z", "s-20260301T120000Z"], ran);
        Assert.Throws<FlowException>(() => Decide(state, new ScheduleCommand.Backfill(Noon, Noon.AddMinutes(1), ScheduleOverlap.Skip), Noon));
        Assert.Contains("in parts", Assert.Throws<FlowException>(() => Decide(state, new ScheduleCommand.Backfill(Noon.AddYears(-1), Noon, ScheduleOverlap.Skip), Noon)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_WhenAllAreStarted_EndTheSchedule()
    {
        var state = Tick(Create(ScheduleOverlap.AllowAll, runs: 3), Noon.AddMinutes(10));

        Assert.Equal((3, 0L, null), (state.StartedCount, state.RunsLeft, state.NextUtc()));
        Assert.Throws<FlowException>(() => Decide(state, new ScheduleCommand.Trigger(null), Noon.AddMinutes(10)));
    }

    [Fact]
    public void Failure_OfARun_PausesWhereAsked()
    {
        var state = Tick(Create(ScheduleOverlap.BufferAll, pauseOnFailure: true), Noon.AddMinutes(2));

        state = Decide(state, new ScheduleCommand.Ended("s-20260301T120100Z", "it broke"), Noon.AddMinutes(2));

        Assert.True(state is { IsPaused: true, Running.IsEmpty: true });
        Assert.Contains("it broke", state.Note, StringComparison.Ordinal);
        Assert.Equal("it broke", state.Recent[0].Failure);
        Assert.Single(Decide(state, new ScheduleCommand.Unpause(null), Noon.AddMinutes(3)).Running);
    }

    [Fact]
    public void Refusal_OfAStart_IsCountedAndTheNextOneGoesOn()
    {
        var state = Tick(Create(ScheduleOverlap.BufferOne), Noon.AddMinutes(2));

        state = Decide(state, new ScheduleCommand.Refused(state.Owed[0].Number, "unknown definition"), Noon.AddMinutes(2));

        Assert.Equal((1, "s-20260301T120200Z"), (state.RefusedCount, Assert.Single(state.Running).Run));
        Assert.Equal("unknown definition", state.Recent[0].Failure);
    }

    [Fact]
    public void Decide_WithRandomCommandsLossesAndEnds_AccountsForEveryTimeAndStartsEachRunOnce()
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            var random = new Random(seed);
            var overlap = (ScheduleOverlap)random.Next(0, 6);
            var state = Create(overlap);
            var started = ImmutableHashSet<string>.Empty;
            var nowUtc = Noon;
            var (left, changes) = (0L, 0);
            for (var step = 0; step < 120; step++)
            {
                nowUtc = nowUtc.AddSeconds(random.Next(0, 200));
                state = Tick(state, nowUtc);

                // The outside world: each order is done, some of them twice, as after a crash.
                foreach (var order in state.Owed)
                {
                    if (order.Kind == ScheduleOrderKind.Start)
                    {
                        Assert.True(started.Add(order.Run) is var next && next.Count > started.Count, $"seed {seed}: {order.Run} twice");
                        started = next;
                    }

                    state = Decide(state, new ScheduleCommand.Done(order.Number), nowUtc);
                    state = Decide(state, new ScheduleCommand.Done(order.Number), nowUtc);
                }

                if (state.Running is [var run, ..] && random.Next(2) == 0)
                {
                    state = Decide(state, new ScheduleCommand.Ended(run.Run, null), nowUtc);
                }

                if (random.Next(20) == 0 && changes++ < 5)
                {
                    state = Decide(state, new ScheduleCommand.Pause(null), nowUtc);
                    var resumesUtc = nowUtc.AddSeconds(random.Next(600));
                    left += Times(state, nowUtc, resumesUtc);
                    nowUtc = resumesUtc;
                    state = Decide(state, new ScheduleCommand.Unpause(null), nowUtc);
                }

                Assert.True(overlap == ScheduleOverlap.AllowAll || state.Running.Count <= 1, $"seed {seed}");
            }

            Assert.Equal(state.ToPayload(), ScheduleState.Parse(state.ToPayload()).ToPayload());
            var all = Times(state, Noon, nowUtc);
            Assert.Equal(all, state.StartedCount + state.SkippedCount + state.MissedCount + state.Buffer.Count + left);
        }
    }

    [Fact]
    public void Every_IsCountedFromTheEpoch_AndMovedByTheOffset()
    {
        var times = new ScheduleTimes { Every = TimeSpan.FromHours(6), Offset = TimeSpan.FromHours(1) };

        Assert.Equal(new DateTimeOffset(2026, 3, 1, 13, 0, 0, TimeSpan.Zero), times.NextAfter(Noon));
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 19, 0, 0, TimeSpan.Zero), times.NextAfter(Noon.AddHours(1)));
        Assert.Equal(new DateTimeOffset(1969, 12, 31, 19, 0, 0, TimeSpan.Zero), times.NextAfter(DateTimeOffset.UnixEpoch.AddHours(-11)));
    }

    [Fact]
    public void Times_OfSeveralParts_ComeOnceEach()
    {
        var times = new ScheduleTimes { Cron = ["0 13 * * *", "0 13,14 * * *"], At = [Noon.AddHours(2), Noon.AddHours(3)], UntilUtc = Noon.AddHours(3) };
        var all = new List<DateTimeOffset>();
        for (var next = times.NextAfter(Noon); next is { } time; next = times.NextAfter(time))
        {
            all.Add(time);
        }

        Assert.Equal([Noon.AddHours(1), Noon.AddHours(2), Noon.AddHours(3)], all);
    }

    [Fact]
    public void Parse_OfABadSchedule_TellsEverythingThatIsWrong()
    {
        var failure = Assert.Throws<FlowException>(() => WorkflowSchedule.Parse(
            """{"times":{"cron":["61 * * * *"],"zone":"Mars/Olympus","every":"00:00:00.5"},"run":{"workflow":"a b","version":-1},"catchUp":"00:00:01","runs":0}"""u8));

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.All(["minute", "Mars/Olympus", "'every'", "'a b'", "'version'", "'catchUp'", "'runs'"], word => Assert.Contains(word, failure.Message, StringComparison.Ordinal));
        Assert.Throws<FlowException>(() => WorkflowSchedule.Parse("""{"times":{"at":[]},"run":{"workflow":"w"},"overlapp":"skip"}"""u8));
    }

    [Fact]
    public void Parse_OfWhatWasWritten_IsTheSame()
    {
        var utf8 = """{"times":{"cron":["0 6 * * 1-5"],"zone":"Europe/Berlin"},"run":{"workflow":"report","input":{"day":1}},"overlap":"bufferOne"}"""u8;
        var schedule = WorkflowSchedule.Parse(utf8);

        Assert.Equal((ScheduleOverlap.BufferOne, "{\"day\":1}"), (schedule.Overlap, schedule.Run.Input.ToString()));
        Assert.Equal(schedule.ToUtf8(), WorkflowSchedule.Parse(schedule.ToUtf8()).ToUtf8());
    }

    private static long Times(ScheduleState state, DateTimeOffset afterUtc, DateTimeOffset untilUtc)
    {
        var count = 0L;
        for (var next = state.Schedule.Times.NextAfter(afterUtc); next <= untilUtc; next = state.Schedule.Times.NextAfter(next.Value))
        {
            count++;
        }

        return count;
    }

    private static ScheduleState Create(ScheduleOverlap overlap, long? runs = null, bool pauseOnFailure = false) => ScheduleDecider.Create(
        "s",
        new WorkflowSchedule
        {
            Times = new ScheduleTimes { Cron = ["* * * * *"] },
            Run = new ScheduledRun { Workflow = "w", Input = Payload.FromJson("1") },
            Overlap = overlap,
            Runs = runs,
            PauseOnFailure = pauseOnFailure,
        },
        Noon);

    private static ScheduleState Tick(ScheduleState state, DateTimeOffset nowUtc) => Decide(state, new ScheduleCommand.Tick(), nowUtc);

    private static ScheduleState Decide(ScheduleState state, ScheduleCommand command, DateTimeOffset nowUtc) => ScheduleDecider.Decide(state, command, nowUtc);
}
