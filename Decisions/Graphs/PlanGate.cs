namespace OrleansFlow.Decisions.Graphs;

/// <summary>A node that waits for somebody's approval.</summary>
/// <param name="Timeout">Longest wait; null for none.</param>
/// <param name="OnTimeout">What happens then.</param>
public sealed record PlanGate(TimeSpan? Timeout, GateTimeout OnTimeout)
{
    /// <summary>What people are shown in the place of a role.</summary>
    public const string Role = "approval";
}

/// <summary>What happens to a gate that nobody answered in time.</summary>
public enum GateTimeout
{
    /// <summary>It fails as <c>deadline_exceeded</c>.</summary>
    Fail,

    /// <summary>It is skipped.</summary>
    Skip,

    /// <summary>It completes.</summary>
    Approve,
}
