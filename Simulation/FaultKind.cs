namespace OrleansFlow.Simulation;

/// <summary>What can go wrong in a simulated world. Each kind is counted where it has an effect, not where it is drawn.</summary>
public enum FaultKind
{
    /// <summary>A message was held up, and with it all that followed on the same way.</summary>
    Delay,

    /// <summary>A message was lost.</summary>
    Loss,

    /// <summary>A message arrived twice.</summary>
    Duplication,

    /// <summary>A message overtook an earlier one between the same two places.</summary>
    Reordering,

    /// <summary>A message was dropped by a cut of its way, while the way back was whole.</summary>
    OneWayPartition,

    /// <summary>A message was dropped by a cut of both ways.</summary>
    FullPartition,

    /// <summary>A stream broke under its two ends.</summary>
    BrokenStream,

    /// <summary>A stream fell silent without its ends being told.</summary>
    SilentStream,

    /// <summary>An operation of the store took far longer than usual.</summary>
    SlowStore,

    /// <summary>An operation of the store failed and had no effect.</summary>
    StoreErrorBefore,

    /// <summary>A write took effect, and its writer was told that it failed.</summary>
    StoreErrorAfter,

    /// <summary>A write that was under way when its silo crashed was rolled back.</summary>
    TornWrite,

    /// <summary>A write took effect, and its silo crashed before it heard so.</summary>
    LostAcknowledgement,

    /// <summary>A silo crashed between two steps.</summary>
    SiloCrash,

    /// <summary>A silo stopped in order.</summary>
    SiloStop,

    /// <summary>A worker crashed between two steps.</summary>
    WorkerCrash,

    /// <summary>A worker stopped in order.</summary>
    WorkerStop,

    /// <summary>A process started with a wall clock that is off, or a monotonic clock that drifts.</summary>
    ClockSkew,

    /// <summary>A worker's wall clock jumped.</summary>
    ClockJump,

    /// <summary>A silo's wall clock jumped, in most cases by several lease lengths.</summary>
    SiloClockJump,
}
