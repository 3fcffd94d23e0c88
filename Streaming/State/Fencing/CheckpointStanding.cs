namespace OrleansFlow.Streaming.State.Fencing;

/// <summary>How far a checkpoint came. It follows from the objects that are there, and from nothing else.</summary>
public enum CheckpointStanding
{
    /// <summary>It has no manifest: it is none yet, or no more.</summary>
    Invisible = 0,

    /// <summary>It has a manifest, and nobody owns its epoch.</summary>
    Unclaimed = 1,

    /// <summary>It owns its epoch, and nothing is left to commit: jobs begin from it.</summary>
    Ready = 2,

    /// <summary>It owns its epoch; its sinks have to commit, possibly again.</summary>
    Committing = 3,

    /// <summary>Its epoch belongs to another one: it never counts.</summary>
    Orphaned = 4,
}
