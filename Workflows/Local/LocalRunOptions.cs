using Microsoft.Extensions.Logging;
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

    /// <summary>Where the signals come from that nodes wait for.</summary>
    /// <value>Default: <see langword="null"/>; a node that waits for one fails then.</value>
    public LocalSignals? Signals { get; init; }

    /// <summary>Workflows that child runs are started of by their names. Those of <c>Child</c> nodes are known without.</summary>
    /// <value>Default empty.</value>
    public IReadOnlyList<WorkflowDefinition> Workflows { get; init; } = [];

    /// <summary>Where node classes come from.</summary>
    /// <value>Default: <see langword="null"/>, no services.</value>
    public IServiceProvider? Services { get; init; }

    /// <summary>Where nodes that watch something report what they survive.</summary>
    /// <value>Default: <see langword="null"/>, nowhere.</value>
    public ILogger? Logger { get; init; }
}
