using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace OrleansFlow.Client.Workflows.Stores;

/// <summary>What a <see cref="GrainWorkflowStore"/> uses of its process. How long leases last is the cluster's to say.</summary>
public sealed record GrainWorkflowStoreOptions
{
    /// <summary>The clock of waits.</summary>
    /// <value>Default: the machine's.</value>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where failures of the background go.</summary>
    /// <value>Default: nowhere.</value>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
