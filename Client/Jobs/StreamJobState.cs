namespace OrleansFlow.Client.Jobs;

/// <summary>Where a streaming job stands; <c>docs/streaming/jobs.md</c> says what happens in each state. Numbers travel.</summary>
public enum StreamJobState
{
    /// <summary>It was made.</summary>
    Created = 1,

    /// <summary>Its functions are checked and loaded.</summary>
    Compiling = 2,

    /// <summary>It waits for slots and for its subtasks to start.</summary>
    Scheduling = 3,

    /// <summary>All subtasks run.</summary>
    Running = 4,

    /// <summary>It takes a last checkpoint, then its subtasks end.</summary>
    CheckpointStopping = 5,

    /// <summary>Its subtasks end without a checkpoint.</summary>
    Stopping = 6,

    /// <summary>All sources have ended; what is under way goes through.</summary>
    Finishing = 7,

    /// <summary>It takes a last checkpoint and begins again with other numbers of subtasks.</summary>
    Rescaling = 8,

    /// <summary>It begins again.</summary>
    Restarting = 9,

    /// <summary>Something that can pass went wrong; it begins again after a while.</summary>
    Recovering = 10,

    /// <summary>Something went wrong that no restart would mend.</summary>
    Failing = 11,

    /// <summary>At rest, until somebody starts it.</summary>
    Stopped = 12,

    /// <summary>At its end.</summary>
    Finished = 13,

    /// <summary>At rest after a failure, until somebody starts it.</summary>
    Failed = 14,
}
