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
}
