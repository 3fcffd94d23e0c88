using OrleansFlow.Tasks;

namespace OrleansFlow.Client;

/// <summary>A lease that a worker holds.</summary>
public sealed record FlowWorkerLease
{
    /// <summary>The task; it names run and node.</summary>
    public required TaskId TaskId { get; init; }

    /// <summary>Fencing number of the lease.</summary>
    public required long Epoch { get; init; }

    /// <summary>Where the task stands.</summary>
    public required FlowTaskStatus Status { get; init; }

    /// <summary>1 for the first attempt.</summary>
    public int Attempt { get; init; }

    /// <summary>0 to 1 as last reported.</summary>
    public double Progress { get; init; }

    /// <summary>When it was granted; null when it is not known.</summary>
    public DateTimeOffset? GrantedUtc { get; init; }

    /// <summary>When it ends unless it is renewed; null when it has ended.</summary>
    public DateTimeOffset? ExpiresUtc { get; init; }

    /// <summary>Size of the newest checkpoint; 0 for none.</summary>
    public long CheckpointBytes { get; init; }

    /// <summary>When that was saved; null for none.</summary>
    public DateTimeOffset? CheckpointedUtc { get; init; }
}
