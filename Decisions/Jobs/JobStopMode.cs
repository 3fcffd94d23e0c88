namespace OrleansFlow.Decisions.Jobs;

/// <summary>How a job is to stop. Kept in stores by number: values never change meaning.</summary>
public enum JobStopMode
{
    /// <summary>It is not to stop.</summary>
    None = 0,

    /// <summary>With a last checkpoint, so that nothing is done twice when it starts again.</summary>
    Checkpoint = 1,

    /// <summary>Sources end, and what is under way goes through; no checkpoint is taken.</summary>
    Graceful = 2,

    /// <summary>Every subtask stops where it is.</summary>
    Immediate = 3,

    /// <summary>Workers let go of the job, whatever its subtasks do.</summary>
    Force = 4,
}
