namespace OrleansFlow.Graphs;

/// <summary>Where a run or one of its nodes stands. Numbers are stored and travel: they never change meaning.</summary>
public enum RunStatus
{
    /// <summary>Accepted; nothing has started.</summary>
    Pending = 0,

    /// <summary>At least one task was started.</summary>
    Running = 1,

    /// <summary>Cancellation was accepted; leases are being ended.</summary>
    Cancelling = 2,

    /// <summary>Final: nothing is pending or in flight and every outcome is recorded.</summary>
    Completed = 3,

    /// <summary>Final: a task failed for good.</summary>
    Failed = 4,

    /// <summary>Final: cancelled.</summary>
    Cancelled = 5,

    /// <summary>Final, nodes only: the run went another way.</summary>
    Skipped = 6,

    /// <summary>Runs only: no task is leased until it is resumed; what runs goes on.</summary>
    Paused = 7,

    /// <summary>Runs only: it failed or was cancelled, and what its nodes did is being undone.</summary>
    Compensating = 8,
}
