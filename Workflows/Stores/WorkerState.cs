namespace OrleansFlow.Workflows.Stores;

/// <summary>What a worker does.</summary>
public enum WorkerState
{
    /// <summary>It waits for work.</summary>
    Idle = 0,

    /// <summary>It does a step.</summary>
    InProgress = 1,

    /// <summary>Its last step failed and will be tried again.</summary>
    Retrying = 2,

    /// <summary>Its last step failed for good.</summary>
    Failed = 3,

    /// <summary>It has stopped in good order.</summary>
    Stopped = 4,
}
