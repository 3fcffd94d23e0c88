using OrleansFlow.Workflows;

namespace OrleansFlow.Grains.Workflows;

/// <summary>What the index decides about lines: which news stand, who must wait for the disk, and which lines a listing shows. Pure.</summary>
internal static class WorkflowIndexRules
{
    /// <summary>Wait before a run whose time had come by the index's clock alone is woken again.</summary>
    public static readonly TimeSpan TooEarlyWait = TimeSpan.FromSeconds(5);

    /// <summary>What becomes of news.</summary>
    /// <param name="known">The line as it is known; null: the run is new.</param>
    /// <param name="news">The line as the run records it.</param>
    public static WorkflowNews Judge(WorkflowIndexLine? known, WorkflowIndexLine news)
    {
        // One that was woken, did nothing and parked again has the same number; that it was woken is known here alone.
        if (known is not null && (known.Order > news.Order || (known.Order == news.Order && !(known.IsLive && news.WakeUtc is not null))))
        {
            return WorkflowNews.Old;
        }

        // A line that lags behind a run that parked or ended costs one call too many after a crash. One that lags behind a run that lives costs the run.
        return known is null || (news.IsLive && !known.IsLive) || IsEarlier(known, news) ? WorkflowNews.Urgent : WorkflowNews.MayWait;
    }

    /// <summary>The line as it is kept: a run that was woken and found that its time has not come is not woken again at once.</summary>
    /// <remarks>The clock of its silo is behind the index's, for as long as it takes: asking it without a pause would keep both busy until then.</remarks>
    /// <param name="known">The line as it is known.</param>
    /// <param name="news">The line as the run records it.</param>
    /// <param name="nowUtc">The index's time.</param>
    public static WorkflowIndexLine Put(WorkflowIndexLine known, WorkflowIndexLine news, DateTimeOffset nowUtc) =>
        known is { IsLive: true, HasEnded: false } && known.Order == news.Order && news.DueUtc <= nowUtc ? news with { WakeUtc = nowUtc + TooEarlyWait } : news;

    /// <summary>Whether a listing shows a line.</summary>
    public static bool Matches(WorkflowFilter filter, WorkflowIndexLine line) =>
        (filter.Workflow is null || filter.Workflow == line.Workflow)
        && (filter.Statuses.Count == 0 || filter.Statuses.Contains(line.Status))
        && (filter.StartedFromUtc is not { } from || line.StartedUtc >= from)
        && (filter.StartedBeforeUtc is not { } before || line.StartedUtc < before)
        && (filter.RunPrefix is null || line.Run.StartsWith(filter.RunPrefix, StringComparison.Ordinal))
        && (filter.Parent.IsDefault || filter.Parent.Value == line.Parent)
        && (filter.Attributes is null || filter.Attributes.All(asked => line.Attributes?.GetValueOrDefault(asked.Key) == asked.Value));

    /// <summary>Sets the bits of what a line can be found by; the same in every process. See <see cref="WorkflowIndexSegment"/>.</summary>
    public static void Mark(Span<ulong> marks, WorkflowIndexLine line)
    {
        Set(marks, "", line.Workflow);
        if (line.Parent is { } parent)
        {
            Set(marks, "/", parent);
        }

        if (line.Attributes is { } attributes)
        {
            foreach (var (name, value) in attributes)
            {
                Set(marks, name, value);
            }
        }
    }

    /// <summary>Sets the bits of what a filter asks for.</summary>
    public static void Mark(Span<ulong> marks, WorkflowFilter filter)
    {
        if (filter.Workflow is { } workflow)
        {
            Set(marks, "", workflow);
        }

        if (!filter.Parent.IsDefault)
        {
            Set(marks, "/", filter.Parent.Value);
        }

        foreach (var (name, value) in filter.Attributes ?? new Dictionary<string, string>())
        {
            Set(marks, name, value);
        }
    }

    /// <summary>Both sleep, and the new line wants to be woken before the known one would be.</summary>
    private static bool IsEarlier(WorkflowIndexLine known, WorkflowIndexLine news) =>
        !known.IsLive && news.DueUtc is { } due && (known.DueUtc is not { } before || due < before);

    private static void Set(Span<ulong> marks, string name, string value)
    {
        var bit = (int)(HashOf(name, value) % (uint)(marks.Length * 64));
        marks[bit / 64] |= 1UL << (bit % 64);
    }

    private static uint HashOf(string name, string value)
    {
        // FNV-1a.
        var hash = 2166136261u;
        foreach (var character in name)
        {
            hash = (hash ^ character) * 16777619u;
        }

        hash = (hash ^ 0xFFFF) * 16777619u;
        foreach (var character in value)
        {
            hash = (hash ^ character) * 16777619u;
        }

        return hash ^ (hash >> 16);
    }
}

/// <summary>What becomes of news about a run.</summary>
internal enum WorkflowNews
{
    /// <summary>Newer ones are known: dropped.</summary>
    Old,

    /// <summary>Taken; durable within a moment.</summary>
    MayWait,

    /// <summary>Taken; durable before the run hears of it.</summary>
    Urgent,
}
