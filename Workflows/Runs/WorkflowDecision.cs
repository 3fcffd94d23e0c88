namespace OrleansFlow.Workflows.Runs;

/// <summary>A run after a command.</summary>
/// <param name="State">What is to be stored, in one commit; the same object when nothing changed.</param>
/// <param name="Answer">What the command came to.</param>
/// <param name="Item">The item that was leased.</param>
/// <param name="Refused">Why the command was refused.</param>
public sealed record WorkflowDecision(WorkflowRunState State, WorkflowAnswer Answer, WorkItem? Item = null, string? Refused = null);
