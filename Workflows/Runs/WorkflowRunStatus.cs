namespace OrleansFlow.Workflows.Runs;

/// <summary>Where a run stands.</summary>
public enum WorkflowRunStatus
{
    /// <summary>It has not begun.</summary>
    None = 0,

    /// <summary>Items are pending, in flight or waiting.</summary>
    Running = 1,

    /// <summary>No item is left and there is an output. Final.</summary>
    Completed = 2,

    /// <summary>A step failed for good without a fallback, or the run came to no output. Final, unless somebody reopens or resets the run.</summary>
    Failed = 3,

    /// <summary>Somebody cancelled it. Final.</summary>
    Cancelled = 4,

    /// <summary>Hands out no items; steps in flight may still commit.</summary>
    Paused = 5,
}
