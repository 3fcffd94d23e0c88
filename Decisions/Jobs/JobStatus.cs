namespace OrleansFlow.Decisions.Jobs;

/// <summary>Where a streaming job stands. Kept in stores by number: values never change meaning.</summary>
public enum JobStatus
{
    /// <summary>It is known, and nothing was done about it.</summary>
    Created = 1,

    /// <summary>The functions of its program are checked and loaded.</summary>
    Compiling = 2,

    /// <summary>It waits for slots, finds what to begin from, and starts its subtasks.</summary>
    Scheduling = 3,

    /// <summary>All subtasks run.</summary>
    Running = 4,

    /// <summary>It takes a last checkpoint, to stop with.</summary>
    CheckpointStopping = 5,

    /// <summary>Its subtasks stop without one.</summary>
    Stopping = 6,

    /// <summary>Its sources have ended; what is under way goes through.</summary>
    Finishing = 7,

    /// <summary>It takes a last checkpoint, to begin from with other numbers of subtasks.</summary>
    Rescaling = 8,

    /// <summary>It takes a last checkpoint (or, by force, none), to begin again.</summary>
    Restarting = 9,

    /// <summary>Something was lost; it stops at once and begins again after a while.</summary>
    Recovering = 10,

    /// <summary>It stops because of a failure that no restart would mend.</summary>
    Failing = 11,

    /// <summary>Nothing of it runs; it can be started again.</summary>
    Stopped = 12,

    /// <summary>All its rows went through. Final.</summary>
    Finished = 13,

    /// <summary>Nothing of it runs; it can be restarted by hand.</summary>
    Failed = 14,
}
