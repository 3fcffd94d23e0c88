using System.Globalization;
using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Schedules;

/// <summary>Every decision of a schedule, as a pure function.</summary>
public static class ScheduleDecider
{
    /// <summary>Times that one decision sees to; with more the schedule is due again at once.</summary>
    public const int TimesMax = 1_000;

    private const int RecentMax = 20;

    /// <summary>A new schedule; its first time is the first one after now.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="schedule">What it is to do; checked.</param>
    /// <param name="nowUtc">The time.</param>
    public static ScheduleState Create(string id, WorkflowSchedule schedule, DateTimeOffset nowUtc)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        return new ScheduleState
        {
            Id = WorkflowSchedule.CheckId(id), Schedule = schedule, SeenUtc = nowUtc, RunsLeft = schedule.Runs, IsPaused = schedule.Paused,
        };
    }

    /// <summary>Decides a command.</summary>
    /// <param name="state">The schedule.</param>
    /// <param name="command">What is asked.</param>
    /// <param name="nowUtc">The time.</param>
    /// <returns>The next state; the same one when nothing changes. What is to be done outside is in <see cref="ScheduleState.Owed"/>.</returns>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadInput"/>: the range of a backfill is not possible, or no run is left to be started.</exception>
    public static ScheduleState Decide(ScheduleState state, ScheduleCommand command, DateTimeOffset nowUtc)
    {
        ArgumentNullException.ThrowIfNull(state);
        return command switch
        {
            ScheduleCommand.Change change => Tick(state, nowUtc) with { Schedule = change.Schedule, RunsLeft = change.Schedule.Runs, SeenUtc = Later(state.SeenUtc, nowUtc) },
            ScheduleCommand.Tick => Tick(state, nowUtc),
            ScheduleCommand.Pause pause => Tick(state, nowUtc) with { IsPaused = true, Note = pause.Note },
            ScheduleCommand.Unpause unpause when state.IsPaused => Next(state with { IsPaused = false, Note = unpause.Note, SeenUtc = Later(state.SeenUtc, nowUtc) }),
            ScheduleCommand.Unpause unpause => state with { Note = unpause.Note },
            ScheduleCommand.Trigger or ScheduleCommand.Backfill when state.RunsLeft == 0 => throw new FlowException(
                FlowErrorCode.BadInput, $"Schedule '{state.Id}' has started all of its {state.Schedule.Runs} runs; change 'runs' to start more."),
            ScheduleCommand.Trigger trigger => Fire(
                state with { TriggerCount = state.TriggerCount + 1 },
                new ScheduleStart(string.Create(CultureInfo.InvariantCulture, $"{state.Id}-now-{state.TriggerCount + 1}"), nowUtc),
                trigger.Overlap ?? state.Schedule.Overlap),
            ScheduleCommand.Backfill backfill => Backfill(state, backfill, nowUtc),
            ScheduleCommand.Ended ended => Ended(state, ended.Run, ended.Failure),
            ScheduleCommand.Done done => state with { Owed = state.Owed.RemoveAll(order => order.Number == done.Number) },
            ScheduleCommand.Refused refused => Refused(state, refused),
            _ => state,
        };
    }

    /// <summary>The id of the run of a time.</summary>
    /// <param name="schedule">The schedule's id.</param>
    /// <param name="timeUtc">The time.</param>
    public static string RunOf(string schedule, DateTimeOffset timeUtc) => string.Create(
        CultureInfo.InvariantCulture, $"{schedule}-{timeUtc.UtcDateTime.ToString(timeUtc.Ticks % TimeSpan.TicksPerSecond == 0 ? "yyyyMMdd'T'HHmmss'Z'" : "yyyyMMdd'T'HHmmss.fffffff'Z'", CultureInfo.InvariantCulture)}");

    private static ScheduleState Tick(ScheduleState state, DateTimeOffset nowUtc)
    {
        if (state.IsPaused)
        {
            return state;
        }

        for (var seen = 0; seen < TimesMax && state.RunsLeft != 0 && state.Schedule.Times.NextAfter(state.SeenUtc) is { } time && time <= nowUtc; seen++)
        {
            state = state with { SeenUtc = time };
            state = nowUtc - time > state.Schedule.CatchUp
                ? state with { MissedCount = state.MissedCount + 1 }
                : Fire(state, new ScheduleStart(RunOf(state.Id, time), time), state.Schedule.Overlap);
        }

        return state;
    }

    private static ScheduleState Backfill(ScheduleState state, ScheduleCommand.Backfill backfill, DateTimeOffset nowUtc)
    {
        if (backfill.UntilUtc > nowUtc || backfill.FromUtc > backfill.UntilUtc)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"{backfill.FromUtc:O} to {backfill.UntilUtc:O} is no range of the past; it is {nowUtc:O}.");
        }

        var times = new List<DateTimeOffset>();
        for (var time = state.Schedule.Times.NextAfter(backfill.FromUtc.AddTicks(-1)); time <= backfill.UntilUtc; time = state.Schedule.Times.NextAfter(time.Value))
        {
            if (times.Count == TimesMax)
            {
                throw new FlowException(FlowErrorCode.BadInput, $"{backfill.FromUtc:O} to {backfill.UntilUtc:O} holds more than {TimesMax} times; do it in parts, this one up to {times[^1]:O}.");
            }

            times.Add(time.Value);
        }

        return times.Aggregate(state, (next, time) => Fire(next, new ScheduleStart(RunOf(state.Id, time), time), backfill.Overlap));
    }

    private static ScheduleState Fire(ScheduleState state, ScheduleStart start, ScheduleOverlap overlap)
    {
        if (state.Running.Exists(one => one.Run == start.Run) || state.Buffer.Exists(one => one.Run == start.Run))
        {
            return state;
        }

        if (overlap == ScheduleOverlap.AllowAll || (state.Running.IsEmpty && state.Buffer.IsEmpty))
        {
            return Start(state, start, follow: overlap != ScheduleOverlap.AllowAll || state.Schedule.PauseOnFailure);
        }

        var skipped = state with { SkippedCount = state.SkippedCount + 1 };
        return overlap switch
        {
            ScheduleOverlap.BufferOne => state.Buffer.IsEmpty ? state with { Buffer = [start] } : skipped,
            ScheduleOverlap.BufferAll => state.Buffer.Count < WorkflowSchedule.BufferedMax ? state with { Buffer = state.Buffer.Add(start) } : skipped,
            ScheduleOverlap.CancelOther => Stop(state, ScheduleOrderKind.Cancel) with { Buffer = [start], SkippedCount = state.SkippedCount + state.Buffer.Count },
            ScheduleOverlap.TerminateOther => Stop(state, ScheduleOrderKind.Terminate) with { Buffer = [start], SkippedCount = state.SkippedCount + state.Buffer.Count },
            _ => skipped,
        };
    }

    private static ScheduleState Start(ScheduleState state, ScheduleStart start, bool follow)
    {
        if (state.RunsLeft == 0)
        {
            return state;
        }

        var recent = state.Recent.Add(start);
        return Order(state, ScheduleOrderKind.Start, start.Run) with
        {
            Running = follow ? state.Running.Add(start) : state.Running,
            Recent = recent.Count > RecentMax ? recent.RemoveAt(0) : recent,
            StartedCount = state.StartedCount + 1,
            RunsLeft = state.RunsLeft - 1,
        };
    }

    private static ScheduleState Stop(ScheduleState state, ScheduleOrderKind kind) =>
        state.Running.Aggregate(state, (next, run) => next.Owed.Exists(order => order.Kind == kind && order.Run == run.Run) ? next : Order(next, kind, run.Run));

    private static ScheduleState Order(ScheduleState state, ScheduleOrderKind kind, string run) => state with
    {
        LastOrder = state.LastOrder + 1,
        Owed = state.Owed.Add(new ScheduleOrder(state.LastOrder + 1, kind, run)),
    };

    private static ScheduleState Ended(ScheduleState state, string run, string? failure)
    {
        if (!state.Running.Exists(one => one.Run == run))
        {
            return state;
        }

        state = WithFailure(state, run, failure) with
        {
            Running = state.Running.RemoveAll(one => one.Run == run),

            // Nothing is left to be stopped.
            Owed = state.Owed.RemoveAll(order => order.Run == run && order.Kind != ScheduleOrderKind.Start),
        };
        return Next(failure is not null && state.Schedule.PauseOnFailure ? state with { IsPaused = true, Note = $"run {run} failed: {failure}" } : state);
    }

    private static ScheduleState Refused(ScheduleState state, ScheduleCommand.Refused refused)
    {
        if (state.Owed.Find(order => order.Number == refused.Number) is not { } order)
        {
            return state;
        }

        state = state with { Owed = state.Owed.Remove(order) };
        return order.Kind != ScheduleOrderKind.Start ? state : Next(WithFailure(state, order.Run, refused.Failure) with
        {
            Running = state.Running.RemoveAll(one => one.Run == order.Run),
            RefusedCount = state.RefusedCount + 1,
        });
    }

    private static ScheduleState WithFailure(ScheduleState state, string run, string? failure) => failure is null || state.Recent.FindIndex(one => one.Run == run) is not (>= 0 and var index)
        ? state
        : state with { Recent = state.Recent.SetItem(index, state.Recent[index] with { Failure = failure }) };

    /// <summary>Lets the next run that waits start.</summary>
    private static ScheduleState Next(ScheduleState state) => state is { IsPaused: false, Running.IsEmpty: true, Buffer: [var first, ..] }
        ? Start(state with { Buffer = state.Buffer.RemoveAt(0) }, first, follow: true)
        : state;

    private static DateTimeOffset Later(DateTimeOffset left, DateTimeOffset right) => left > right ? left : right;
}
