namespace OrleansFlow.Decisions.Jobs;

/// <summary>What a job waits for within its state. Kept in stores by number: values never change meaning.</summary>
public enum JobPhase
{
    /// <summary>The state has no parts.</summary>
    None = 0,

    /// <summary>Scheduling: enough slots.</summary>
    Slots = 1,

    /// <summary>Scheduling: what to begin from.</summary>
    Restore = 2,

    /// <summary>Scheduling: all subtasks to start.</summary>
    Tasks = 3,

    /// <summary>The last checkpoint to be complete.</summary>
    LastCheckpoint = 4,

    /// <summary>All subtasks to end.</summary>
    Draining = 5,

    /// <summary>All workers to let go.</summary>
    TearingDown = 6,

    /// <summary>Recovering: the time of the next try.</summary>
    BackingOff = 7,
}
