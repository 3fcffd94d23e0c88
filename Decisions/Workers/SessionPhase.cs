namespace OrleansFlow.Decisions.Workers;

/// <summary>Where a worker's session stands.</summary>
public enum SessionPhase
{
    /// <summary>There is none.</summary>
    None = 0,

    /// <summary>Connected and taking tasks.</summary>
    Connected = 1,

    /// <summary>Connected and finishing what runs.</summary>
    Draining = 2,

    /// <summary>The stream is lost and the grace runs.</summary>
    Lost = 3,

    /// <summary>Connected but silent for longer than the soft threshold: gets no tasks until it is heard of.</summary>
    Suspected = 4,
}
