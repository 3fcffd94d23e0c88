using OrleansFlow.Retention;

namespace OrleansFlow.Decisions.Retention;

/// <summary>An ended run, as the listing knows it.</summary>
/// <param name="SubmittedUtc">When it was submitted.</param>
/// <param name="EndedUtc">When it ended.</param>
/// <param name="ArtifactBytes">Bytes of its artifacts.</param>
public readonly record struct EndedRun(DateTimeOffset SubmittedUtc, DateTimeOffset EndedUtc, long ArtifactBytes);

/// <summary>What a sweep deletes: shown the ended runs, those that were submitted first first. Pure but for what it counts.</summary>
/// <param name="options">The policy.</param>
/// <param name="nowUtc">The time of the sweep.</param>
/// <param name="runCount">Ended runs in all; asked for only when <see cref="NeedsCount"/>.</param>
/// <param name="artifactBytes">Bytes of their artifacts.</param>
public sealed class RetentionBook(RetentionOptions options, DateTimeOffset nowUtc, long runCount, long artifactBytes)
{
    private long _runCount = runCount;
    private long _artifactBytes = artifactBytes;
    private int _chosen;

    /// <summary>Whether a policy has a limit that needs all ended runs counted.</summary>
    public static bool NeedsCount(RetentionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.RunCountMax > 0 || options.ArtifactBytesMax > 0;
    }

    /// <summary>Whether a run goes. One that does is taken off what is counted.</summary>
    public bool Choose(EndedRun run)
    {
        if (_chosen == options.SweepMax || !(IsSurplus || (options.RunAge > TimeSpan.Zero && run.EndedUtc <= nowUtc - options.RunAge)))
        {
            return false;
        }

        _chosen++;
        _runCount--;
        _artifactBytes -= run.ArtifactBytes;
        return true;
    }

    /// <summary>Whether no run from this one on can go: no limit is exceeded, and it was submitted too late to have ended long enough ago.</summary>
    public bool IsDone(EndedRun run) =>
        _chosen == options.SweepMax || (!IsSurplus && (options.RunAge == TimeSpan.Zero || run.SubmittedUtc > nowUtc - options.RunAge));

    private bool IsSurplus =>
        (options.RunCountMax > 0 && _runCount > options.RunCountMax) || (options.ArtifactBytesMax > 0 && _artifactBytes > options.ArtifactBytesMax);
}
