namespace OrleansFlow.Workflows.Schedules;

/// <summary>What happens at a time of a schedule while a run of it has not ended.</summary>
public enum ScheduleOverlap
{
    /// <summary>Nothing: that time is left out.</summary>
    Skip = 0,

    /// <summary>One run waits for the end of the other; times that come meanwhile are left out.</summary>
    BufferOne = 1,

    /// <summary>Runs wait for their turn, one for each time, up to a bound.</summary>
    BufferAll = 2,

    /// <summary>The other run is cancelled, and the new one starts when it has ended.</summary>
    CancelOther = 3,

    /// <summary>The other run is terminated, and the new one starts when it has ended.</summary>
    TerminateOther = 4,

    /// <summary>The new run starts beside the other.</summary>
    AllowAll = 5,
}
