namespace OrleansFlow.Workflows.Retries;

/// <summary>Why attempts fail, for a policy to choose from.</summary>
[Flags]
public enum FailureKinds
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>An error of the node's own.</summary>
    Generic = 1,

    /// <summary>The attempt's time was up.</summary>
    Timeout = 2,

    /// <summary>The node gave up by itself, as if it had been cancelled. A cancelled run is never retried.</summary>
    Cancelled = 4,

    /// <summary>All of them.</summary>
    All = Generic | Timeout | Cancelled,
}
