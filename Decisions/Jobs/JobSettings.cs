namespace OrleansFlow.Decisions.Jobs;

/// <summary>What was asked for with a job.</summary>
public sealed record JobSettings
{
    /// <summary>Time between the beginnings of checkpoints; 10 s by default, 1 s to 1 day.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether it only shows rows to somebody: such a job never recovers.</summary>
    public bool IsPreview { get; init; }

    /// <summary>How long it may run before it is stopped; null: for ever.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>Why the settings cannot be; empty when they can.</summary>
    public string Fault =>
        CheckpointInterval < JobRules.CheckpointIntervalMin || CheckpointInterval > JobRules.CheckpointIntervalMax
            ? $"The checkpoint interval is {CheckpointInterval}; {JobRules.CheckpointIntervalMin} to {JobRules.CheckpointIntervalMax} are possible."
            : TimeToLive is { } live && live <= TimeSpan.Zero ? $"The time to live is {live}; it has to be above 0." : "";
}
