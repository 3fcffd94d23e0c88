using System.Diagnostics.CodeAnalysis;
using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Stores;

/// <summary>What became of a step that was presented.</summary>
/// <param name="Refused">Why it was not accepted; <see langword="null"/>: it is durable.</param>
/// <param name="Ended">The run, when it has ended with this step.</param>
/// <param name="Code">
/// The kind of the refusal: <see cref="FlowErrorCode.LeaseLost"/>, <see cref="FlowErrorCode.AlreadyEnded"/> and <see cref="FlowErrorCode.NotFound"/>: forget the step;
/// <see cref="FlowErrorCode.BadInput"/>: it breaks the definition, report it as failed.
/// </param>
public sealed record StepReceipt(string? Refused = null, WorkflowRunSummary? Ended = null, FlowErrorCode? Code = null)
{
    /// <summary>Whether it took effect.</summary>
    [MemberNotNullWhen(false, nameof(Refused))]
    public bool IsAccepted => Refused is null;
}
