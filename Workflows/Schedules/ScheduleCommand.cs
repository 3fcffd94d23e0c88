namespace OrleansFlow.Workflows.Schedules;

/// <summary>What can be asked of a schedule.</summary>
public abstract record ScheduleCommand
{
    private ScheduleCommand()
    {
    }

    /// <summary>Replaces what it is to do; what it has done stays.</summary>
    /// <param name="Schedule">The new form.</param>
    public sealed record Change(WorkflowSchedule Schedule) : ScheduleCommand;

    /// <summary>Time has passed.</summary>
    public sealed record Tick : ScheduleCommand;

    /// <summary>Start nothing by itself until it goes on: times that come meanwhile are left out, runs that wait for others go on waiting.</summary>
    /// <param name="Note">Why.</param>
    public sealed record Pause(string? Note) : ScheduleCommand;

    /// <summary>Go on with the next time.</summary>
    /// <param name="Note">Why.</param>
    public sealed record Unpause(string? Note) : ScheduleCommand;

    /// <summary>Start a run now, paused or not.</summary>
    /// <param name="Overlap">What happens while another has not ended; <see langword="null"/>: as the schedule says.</param>
    public sealed record Trigger(ScheduleOverlap? Overlap) : ScheduleCommand;

    /// <summary>Do the times of a range, paused or not; a time that was run before is not run again.</summary>
    /// <param name="FromUtc">From this time on.</param>
    /// <param name="UntilUtc">Up to this time; not in the future.</param>
    /// <param name="Overlap">What happens while another has not ended.</param>
    public sealed record Backfill(DateTimeOffset FromUtc, DateTimeOffset UntilUtc, ScheduleOverlap Overlap) : ScheduleCommand;

    /// <summary>A run has ended.</summary>
    /// <param name="Run">The run.</param>
    /// <param name="Failure">Why it failed; <see langword="null"/> when it did not.</param>
    public sealed record Ended(string Run, string? Failure) : ScheduleCommand;

    /// <summary>An order was done.</summary>
    /// <param name="Number">Its number.</param>
    public sealed record Done(long Number) : ScheduleCommand;

    /// <summary>A run cannot be started.</summary>
    /// <param name="Number">Number of the order.</param>
    /// <param name="Failure">Why.</param>
    public sealed record Refused(long Number, string Failure) : ScheduleCommand;
}
