using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Runs;

/// <summary>An attempt that failed.</summary>
/// <param name="Item">The item.</param>
/// <param name="Node">Its node's name; of an update its own.</param>
/// <param name="Attempt">Which attempt, from 1.</param>
/// <param name="Message">Why.</param>
/// <param name="TimeUtc">When it was committed.</param>
/// <param name="Code">The kind of the failure, where it had one.</param>
public sealed record StepError(long Item, string Node, int Attempt, string Message, DateTimeOffset TimeUtc, FlowErrorCode? Code = null);
