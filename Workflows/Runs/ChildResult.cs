namespace OrleansFlow.Workflows.Runs;

/// <summary>A child run that an item waits for.</summary>
/// <param name="Child">The child's run id.</param>
/// <param name="Status">How it ended; <see cref="WorkflowRunStatus.Running"/> while it has not.</param>
/// <param name="Output">Its output.</param>
/// <param name="Failure">Why it failed.</param>
public sealed record ChildResult(string Child, WorkflowRunStatus Status = WorkflowRunStatus.Running, Payload Output = default, string? Failure = null);
