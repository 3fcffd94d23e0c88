using OrleansFlow.Errors;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>What went wrong with a job.</summary>
/// <param name="Code">Stable code.</param>
/// <param name="Message">Names the thing, the value and the way out.</param>
/// <param name="IsRetryable">Whether it may go well when the job begins again.</param>
public sealed record JobFailure(FlowErrorCode Code, string Message, bool IsRetryable);
