namespace OrleansFlow.Workflows.Stores;

/// <summary>What an item waits for, or how it ended.</summary>
public enum WorkItemState
{
    /// <summary>It waits for a worker.</summary>
    Pending = 0,

    /// <summary>A worker has it.</summary>
    InProgress = 1,

    /// <summary>It waits for its next attempt.</summary>
    WaitingRetry = 2,

    /// <summary>It waits for its time, a signal, a child run or the other items of its join.</summary>
    Waiting = 3,

    /// <summary>It is done.</summary>
    Completed = 4,

    /// <summary>All its attempts failed, and the run with it.</summary>
    PermanentlyFailed = 5,

    /// <summary>The run ended first.</summary>
    Dropped = 6,
}
