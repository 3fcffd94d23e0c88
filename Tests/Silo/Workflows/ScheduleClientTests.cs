using OrleansFlow.Client.Workflows;
using OrleansFlow.Errors;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Schedules;

namespace OrleansFlow.Tests.Silo.Workflows;

/// <summary>Goal: schedules are made, steered and read from another process, and start real runs.</summary>
public sealed class ScheduleClientTests(SiloFixture fixture)
{
    private const int Watchdog = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private FlowSchedules Schedules => fixture.Silo.Client.Schedules;

    [Fact(Timeout = Watchdog)]
    public async Task Schedule_OfEverySecond_StartsRunsThatCompleteUntilItsRunsAreUsedUp()
    {
        Assert.True(await Schedules.PutAsync("each-second", Schedule(new ScheduleTimes { Every = TimeSpan.FromSeconds(1) }, ScheduleOverlap.AllowAll, runs: 2), Token));
        var filter = new WorkflowFilter { Attributes = new Dictionary<string, string> { ["schedule"] = "each-second" } };
        var runs = new List<WorkflowRunView>();
        while (runs.Count < 2)
        {
            runs = await fixture.Silo.Client.Workflows.ListAsync(filter, Token).ToListAsync(Token);
        }

        foreach (var run in runs)
        {
            Assert.Equal(42, await fixture.Silo.Client.Workflows.Get<int>(run.RunId).ResultAsync(Token));
        }

        var view = await Schedules.GetAsync("each-second", Token);
        Assert.Equal((2L, 0L, 0), (view.StartedCount, view.RunsLeft, view.NextUtc.Count));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Schedule_ThatIsSteered_DoesWhatIsAsked()
    {
        await Schedules.PutAsync("steered", Schedule(new ScheduleTimes { Cron = ["0 0 1 1 *"] }, ScheduleOverlap.Skip), Token);

        Assert.Equal((true, "why"), (await Schedules.PauseAsync("steered", "why", Token)) is var paused ? (paused.IsPaused, paused.Note) : default);
        await Schedules.TriggerAsync("steered", cancellationToken: Token);
        Assert.Equal(42, await fixture.Silo.Client.Workflows.Get<int>(new Tasks.RunId("steered-now-1")).ResultAsync(Token));
        Assert.Equal(10, (await Schedules.UnpauseAsync("steered", cancellationToken: Token)).NextUtc.Count);
        await Schedules.BackfillAsync(
            "steered", new DateTimeOffset(2024, 6, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero), cancellationToken: Token);
        Assert.Equal(42, await fixture.Silo.Client.Workflows.Get<int>(new Tasks.RunId("steered-20250101T000000Z")).ResultAsync(Token));
        while ((await Schedules.GetAsync("steered", Token)).StartedCount < 3)
        {
            await Task.Yield();
        }

        Assert.Equal(42, await fixture.Silo.Client.Workflows.Get<int>(new Tasks.RunId("steered-20260101T000000Z")).ResultAsync(Token));
        Assert.Contains("steered", (await Schedules.ListAsync(Token).ToListAsync(Token)).Select(schedule => schedule.Id));
        await Schedules.DeleteAsync("steered", Token);
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => Schedules.GetAsync("steered", Token))).Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Put_OfABadSchedule_TellsWhatIsWrong()
    {
        var failure = await Assert.ThrowsAsync<FlowException>(() => Schedules.PutAsync("bad", Schedule(new ScheduleTimes { Cron = ["x"] }, ScheduleOverlap.Skip), Token));
        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Equal(FlowErrorCode.BadInput, (await Assert.ThrowsAsync<FlowException>(() => Schedules.GetAsync("no id", Token))).Code);
    }

    private static WorkflowSchedule Schedule(ScheduleTimes times, ScheduleOverlap overlap, long? runs = null) =>
        new() { Times = times, Run = new ScheduledRun { Workflow = "chain", Input = Payload.FromJson("20") }, Overlap = overlap, Runs = runs };
}
