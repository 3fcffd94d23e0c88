namespace Orleans;

/// <summary>The kinds of <see cref="DeactivationReason"/>.</summary>
public enum DeactivationReasonCode : byte
{
    /// <summary>Not stated.</summary>
    None = 0,

    /// <summary>The silo stops.</summary>
    ShuttingDown = 1,

    /// <summary>Activation failed.</summary>
    ActivationFailed = 2,

    /// <summary>The grain directory failed.</summary>
    DirectoryFailure = 3,

    /// <summary>Nobody called for longer than the collection age.</summary>
    ActivationIdle = 4,

    /// <summary>The activation did not answer.</summary>
    ActivationUnresponsive = 5,

    /// <summary>Another activation of the grain stands.</summary>
    DuplicateActivation = 6,

    /// <summary>A request needs another version of the grain.</summary>
    IncompatibleRequest = 7,

    /// <summary>The application failed, such as with an inconsistent state.</summary>
    ApplicationError = 8,

    /// <summary>The application asked for it.</summary>
    ApplicationRequested = 9,

    /// <summary>The activation moves to another silo.</summary>
    Migrating = 10,

    /// <summary>The runtime asked for it.</summary>
    RuntimeRequested = 11,

    /// <summary>Memory ran short.</summary>
    HighMemoryPressure = 12,
}
