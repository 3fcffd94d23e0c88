using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Workflows.Local;

/// <summary>How a workflow runs without a cluster.</summary>
public sealed record LocalRunOptions
{
    /// <summary>The clock of sleeps, time-outs, retry waits and stamps.</summary>
    /// <value>Default: the machine's.</value>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How failed steps are repeated whose node does not say.</summary>
    /// <value>Default: not at all.</value>
    public StepRetryPolicy Retry { get; init; } = StepRetryPolicy.Never;

    /// <summary>Where the jitter of retry waits comes from. Used by one run at a time.</summary>
    /// <value>Default: a new one.</value>
    public Random Random { get; init; } = new();
}
