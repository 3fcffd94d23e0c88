namespace OrleansFlow.Workflows.Runs;

/// <summary>A child run that has not ended and that matters to its parent.</summary>
/// <param name="Item">The item that waits for it; 0 for none.</param>
/// <param name="CancelWithParent">True when it is to be cancelled with the parent.</param>
/// <param name="Order">The order that it was started by.</param>
public sealed record ChildRun(long Item, bool CancelWithParent, long Order = 0);
