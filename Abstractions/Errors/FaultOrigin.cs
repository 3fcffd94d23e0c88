namespace OrleansFlow.Errors;

/// <summary>Who has to act on a failure.</summary>
public enum FaultOrigin
{
    /// <summary>The caller or the author of the work.</summary>
    User = 0,

    /// <summary>Something the platform depends on: disk, network, another process.</summary>
    External = 1,

    /// <summary>The platform itself.</summary>
    Internal = 2,
}
