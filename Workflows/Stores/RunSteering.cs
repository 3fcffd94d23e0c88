namespace OrleansFlow.Workflows.Stores;

/// <summary>What can be asked of a run as a whole.</summary>
public enum RunSteering
{
    /// <summary>Hand out no more items; steps in flight may commit. Nothing changes for a run that is paused.</summary>
    Pause = 1,

    /// <summary>Hand out items again. Items that are done stay done. A failed run goes on with what failed, with all its attempts. Nothing changes for a running one.</summary>
    Resume = 2,

    /// <summary>End the run; steps in flight are told at their next renewal and refused.</summary>
    Cancel = 3,

    /// <summary>End the run as failed, with the code <see cref="Errors.FlowErrorCode.Cancelled"/>, for good: unlike one that failed by itself it cannot be resumed.</summary>
    Terminate = 4,
}
