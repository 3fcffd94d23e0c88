using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Runs;

/// <summary>What one command of a turn came to.</summary>
/// <param name="Answer">What it came to.</param>
/// <param name="Item">The item that was leased.</param>
/// <param name="Refused">Why it was refused.</param>
/// <param name="Code">
/// The kind of the refusal: <see cref="FlowErrorCode.LeaseLost"/> (another epoch holds the item, or none), <see cref="FlowErrorCode.AlreadyEnded"/>,
/// <see cref="FlowErrorCode.BadInput"/> (the definition does not allow it; an outcome is then a failure that no repetition mends),
/// <see cref="FlowErrorCode.LimitExceeded"/>, <see cref="FlowErrorCode.NotFound"/> (the run has not begun), <see cref="FlowErrorCode.AlreadyExists"/>
/// (it has).
/// </param>
public readonly record struct WorkflowTurnStep(WorkflowAnswer Answer, WorkItem? Item = null, string? Refused = null, FlowErrorCode? Code = null);
