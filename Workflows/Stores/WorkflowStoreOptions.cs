using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace OrleansFlow.Workflows.Stores;

/// <summary>How a store leases, wakes and caches.</summary>
public sealed record WorkflowStoreOptions
{
    /// <summary>Time from a lease or renewal to its expiry. Longer: fewer needless repetitions of slow steps, later ones of lost steps.</summary>
    /// <value>Default 30 s; 1 s to 1 h.</value>
    public TimeSpan LeaseDuration
    {
        get;
        init => field = value >= TimeSpan.FromSeconds(1) && value <= TimeSpan.FromHours(1)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "LeaseDuration is 1 s to 1 h.");
    } = TimeSpan.FromSeconds(30);

    /// <summary>Commits of a run between two snapshots of it. More: less written, slower first touch of a run.</summary>
    /// <value>Default 64; 1 to 10 000.</value>
    public int CommitsPerSnapshot
    {
        get;
        init => field = value is >= 1 and <= 10_000 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "CommitsPerSnapshot is 1 to 10 000.");
    } = 64;

    /// <summary>Runs that are kept in memory; of the others only those that have work are known there, by id.</summary>
    /// <value>Default 10 000; at least 1.</value>
    public int RunsInMemoryMax
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "RunsInMemoryMax is at least 1.");
    } = 10_000;

    /// <summary>The clock of leases, waits and stamps. Processes that share a store need clocks that agree to a fraction of <see cref="LeaseDuration"/>.</summary>
    /// <value>Default: the machine's.</value>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where failures of the background go.</summary>
    /// <value>Default: nowhere.</value>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
