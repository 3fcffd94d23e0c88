namespace OrleansFlow.Streaming.State.Fencing;

/// <summary>What came of publishing a checkpoint, or of taking a job over.</summary>
public enum PublishOutcome
{
    /// <summary>It counts, and nothing is left to do for it.</summary>
    Ready = 0,

    /// <summary>It counts; its sinks commit now, and <see cref="CheckpointStore.MarkCommittedAsync"/> follows.</summary>
    CommitRequired = 1,

    /// <summary>Another checkpoint took its place or that of its parent. The generation ends without a further effect.</summary>
    StopOrphaned = 2,

    /// <summary>A newer generation has taken the job over. This one ends without a further effect.</summary>
    StaleGeneration = 3,

    /// <summary>The checkpoint cannot be published as it is: its parent does not count or is not committed, or its epoch was used for something else.</summary>
    Failed = 4,
}
