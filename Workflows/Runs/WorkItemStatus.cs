namespace OrleansFlow.Workflows.Runs;

/// <summary>What an item of a live run waits for. Items that are done are in the run's history only.</summary>
public enum WorkItemStatus
{
    /// <summary>A worker.</summary>
    Pending = 0,

    /// <summary>The worker that has it.</summary>
    InProgress = 1,

    /// <summary>The time of its next attempt.</summary>
    WaitingRetry = 2,

    /// <summary>The time at which it goes on.</summary>
    Sleeping = 3,

    /// <summary>A signal.</summary>
    WaitingForSignal = 4,

    /// <summary>The other items of its join.</summary>
    Joining = 5,

    /// <summary>The time at which its node runs again.</summary>
    Suspended = 6,

    /// <summary>The ends of the child runs that it started.</summary>
    WaitingForChildren = 7,

    /// <summary>Nothing: it failed for good, and its run with it. Only among what a failed run left.</summary>
    PermanentlyFailed = 8,
}
