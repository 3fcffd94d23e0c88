namespace OrleansFlow.Workflows.Runs;

/// <summary>What a run owes to other runs. It is kept until <see cref="WorkflowCommand.Delivered"/> says that it was done; it may be done more than once.</summary>
/// <param name="Number">Unique in its run, rising.</param>
public abstract record RunOrder(long Number)
{
    /// <summary>Start a child. A child that cannot be started is reported as one that ended badly.</summary>
    /// <param name="Number">Unique in its run, rising.</param>
    /// <param name="Child">The child's run id.</param>
    /// <param name="Order">What to start.</param>
    public sealed record StartChild(long Number, string Child, ChildOrder Order) : RunOrder(Number);

    /// <summary>Cancel a child.</summary>
    /// <param name="Number">Unique in its run, rising.</param>
    /// <param name="Child">The child's run id.</param>
    /// <param name="Reason">Why.</param>
    public sealed record CancelChild(long Number, string Child, string Reason) : RunOrder(Number);

    /// <summary>Tell the parent that this run has ended.</summary>
    /// <param name="Number">Unique in its run, rising.</param>
    /// <param name="Parent">The parent's run id.</param>
    /// <param name="Status">How this run ended.</param>
    /// <param name="Output">Its output: the one there is, or an array where the definition asks for a list.</param>
    /// <param name="Failure">Why it failed or was cancelled.</param>
    /// <param name="Order">The parent's order that this answers; 0 for none.</param>
    public sealed record TellParent(long Number, string Parent, WorkflowRunStatus Status, Payload Output, string? Failure, long Order = 0) : RunOrder(Number);
}
