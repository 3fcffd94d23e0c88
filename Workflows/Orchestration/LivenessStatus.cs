namespace OrleansFlow.Workflows.Orchestration;

/// <summary>What the age of a worker's last word says.</summary>
public enum LivenessStatus
{
    /// <summary>It was heard of lately.</summary>
    Alive = 0,

    /// <summary>It should have been heard of.</summary>
    Stale = 1,

    /// <summary>It was not heard of for three times as long, or never; or it has stopped.</summary>
    Dead = 2,
}
