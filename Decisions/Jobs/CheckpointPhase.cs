namespace OrleansFlow.Decisions.Jobs;

/// <summary>How far a checkpoint is. Kept in stores by number: values never change meaning.</summary>
public enum CheckpointPhase
{
    /// <summary>Barriers are under way, and subtasks write their state.</summary>
    Gathering = 1,

    /// <summary>All subtasks are done; the store is asked to keep the manifest.</summary>
    Publishing = 2,

    /// <summary>The manifest is kept; sinks commit what they have staged.</summary>
    Committing = 3,

    /// <summary>All sinks have committed; the store is asked to note it.</summary>
    Marking = 4,
}
