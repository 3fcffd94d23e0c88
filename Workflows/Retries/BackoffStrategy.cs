namespace OrleansFlow.Workflows.Retries;

/// <summary>How the wait grows from attempt to attempt.</summary>
public enum BackoffStrategy
{
    /// <summary>It doubles.</summary>
    Exponential = 0,

    /// <summary>It grows by the first wait.</summary>
    Linear = 1,

    /// <summary>It stays.</summary>
    Constant = 2,
}
