using OrleansFlow.Tasks;

namespace OrleansFlow.Workflows.Stores;

/// <summary>For whom work is taken, and which.</summary>
public sealed record WorkFilter
{
    /// <summary>Who takes it.</summary>
    public required WorkerId Worker { get; init; }

    /// <summary>Which life of that worker; leases of an earlier life are nobody's any more. At most 128 characters.</summary>
    public string Session { get; init; } = "";

    /// <summary>The definitions that the worker has; empty: any.</summary>
    public IReadOnlyList<WorkflowVersion> Workflows { get; init; } = [];

    /// <summary>The roles that it serves, beside the items without a role; <see langword="null"/>: all roles.</summary>
    public IReadOnlyList<string>? Roles { get; init; }
}
