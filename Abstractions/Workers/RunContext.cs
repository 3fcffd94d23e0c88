using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansFlow.Tasks;

namespace OrleansFlow.Workers;

/// <summary>What one attempt of one task may know and use. Valid until <see cref="RoleHandler.CleanupAsync"/> returned.</summary>
public abstract class RunContext
{
    /// <summary>The task.</summary>
    public abstract TaskId TaskId { get; }

    /// <summary>How many tasks the node has; this one is number <see cref="TaskId.Index"/> of them. 1 for a standalone task.</summary>
    public abstract int TaskCount { get; }

    /// <summary>Fencing number of this attempt's lease.</summary>
    public abstract long Epoch { get; }

    /// <summary>1 for the first attempt; grows with each grant.</summary>
    public abstract int Attempt { get; }

    /// <summary>The worker that runs the attempt.</summary>
    public abstract WorkerId WorkerId { get; }

    /// <summary>The role being served.</summary>
    public abstract string Role { get; }

    /// <summary>The run's parameters with the node's laid over them; for a standalone task its payload. <c>Undefined</c> when there are none.</summary>
    public abstract JsonElement Params { get; }

    /// <summary>The graph's files: name to absolute path.</summary>
    public abstract IReadOnlyDictionary<string, string> Files { get; }

    /// <summary>Ids of the parent nodes whose artifacts the attempt may read, in the graph's order; empty for a standalone task.</summary>
    public virtual IReadOnlyList<string> Parents => [];

    /// <summary>Output batches of earlier attempts that stand: numbers 0 to this minus 1.</summary>
    public abstract int AcceptedBatchCount { get; }

    /// <summary>Cancelled when the lease is lost, the run is cancelled, the attempt's time is over, or the worker stops.</summary>
    public abstract CancellationToken Stopping { get; }

    /// <summary>Why <see cref="Stopping"/> fired; null while it has not.</summary>
    public abstract string? StopReason { get; }

    /// <summary>Services of the attempt's own DI scope.</summary>
    public abstract IServiceProvider Services { get; }

    /// <summary>Logger whose scope names task, epoch and worker.</summary>
    public abstract ILogger Logger { get; }

    /// <summary>Clock of the worker.</summary>
    public abstract TimeProvider Clock { get; }

    /// <summary>An empty folder for the attempt, made at first use and deleted after it.</summary>
    public abstract string TempFolder { get; }

    /// <summary>Every artifact batch of the parents, in order of acceptance, as they appear; ends when every parent has ended.</summary>
    public abstract IAsyncEnumerable<InputBatch> ReadUpstreamAsync(CancellationToken cancellationToken);

    /// <summary>The artifact batches of one parent, ordered by task and number; ends when that parent has ended.</summary>
    /// <exception cref="ArgumentException"><paramref name="node"/> is not a parent of this node.</exception>
    public abstract IAsyncEnumerable<InputBatch> ReadUpstreamAsync(string node, CancellationToken cancellationToken);

    /// <summary>Tells the control plane how far the attempt is; the newest value is sent with the next message, none waits for it.</summary>
    /// <param name="fraction">0 to 1.</param>
    public abstract void ReportProgress(double fraction);
}
