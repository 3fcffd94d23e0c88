using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Stores;

/// <summary>Which runs to list. All that is set must hold.</summary>
public sealed record RunListFilter
{
    /// <summary>The workflow's name; <see langword="null"/>: any.</summary>
    public string? Workflow { get; init; }

    /// <summary>Where they stand; <see langword="null"/>: anywhere.</summary>
    public WorkflowRunStatus? Status { get; init; }

    /// <summary>What their ids begin with.</summary>
    public string IdPrefix { get; init; } = "";

    /// <summary>Only runs that were accepted at this time or later.</summary>
    public DateTimeOffset? StartedFromUtc { get; init; }

    /// <summary>Only runs that were accepted before this time.</summary>
    public DateTimeOffset? StartedBeforeUtc { get; init; }

    /// <summary>The <see cref="RunPage.Next"/> of the page before; <see langword="null"/>: the first page.</summary>
    public string? After { get; init; }

    /// <summary>Most runs of a page.</summary>
    /// <value>Default 100; 1 to 1 000.</value>
    public int Limit { get; init => field = value is >= 1 and <= 1_000 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A page has 1 to 1 000 runs."); } = 100;
}
