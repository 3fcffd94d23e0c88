namespace OrleansFlow.Graphs;

/// <summary>A gate in a task graph: the node waits until somebody approves or rejects it.</summary>
public sealed record ApprovalDefinition
{
    /// <summary>Longest wait, in seconds, from the opening of the gate; null: none. Range 1 to 31 536 000.</summary>
    public double? TimeoutSec { get; init; }

    /// <summary>What happens then: <c>fail</c> (default), <c>skip</c> or <c>approve</c>.</summary>
    public string OnTimeout { get; init; } = "fail";
}
