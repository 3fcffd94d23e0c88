namespace OrleansFlow.Decisions.Leases;

/// <summary>How the wait before a retry grows with each further one.</summary>
public enum BackoffKind
{
    /// <summary>It doubles.</summary>
    Exponential,

    /// <summary>It grows by the first wait.</summary>
    Linear,

    /// <summary>It stays.</summary>
    Constant,
}
