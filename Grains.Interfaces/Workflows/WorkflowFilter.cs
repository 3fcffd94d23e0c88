using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows;

/// <summary>Which runs of the index are meant; all conditions must hold.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkflowFilter")]
public sealed record WorkflowFilter
{
    /// <summary>Name of their workflow; null for any.</summary>
    [Id(0)]
    public string? Workflow { get; init; }

    /// <summary>Where they stand; empty for anywhere.</summary>
    [Id(1)]
    public IReadOnlyList<WorkflowRunStatus> Statuses { get; init; } = [];

    /// <summary>Started then or later; null for no bound.</summary>
    [Id(2)]
    public DateTimeOffset? StartedFromUtc { get; init; }

    /// <summary>Started before; null for no bound.</summary>
    [Id(3)]
    public DateTimeOffset? StartedBeforeUtc { get; init; }

    /// <summary>Search attributes that they have, each with this value; null for no condition.</summary>
    [Id(4)]
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    /// <summary>How their ids begin; null for any.</summary>
    [Id(5)]
    public string? RunPrefix { get; init; }

    /// <summary>The run that started them; default for any.</summary>
    [Id(7)]
    public RunId Parent { get; init; }

    /// <summary>False: the newest first. True: the oldest first.</summary>
    [Id(6)]
    public bool OldestFirst { get; init; }
}
