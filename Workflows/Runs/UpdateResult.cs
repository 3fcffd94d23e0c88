using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Runs;

/// <summary>How an update ended.</summary>
/// <param name="Id">The update's id.</param>
/// <param name="Result">What the worker answered.</param>
/// <param name="Failure">Why it was refused; <see langword="null"/> when it was done.</param>
/// <param name="Code">The kind of the refusal.</param>
public sealed record UpdateResult(string Id, Payload Result = default, string? Failure = null, FlowErrorCode? Code = null);
