using OrleansFlow.Errors;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Testing;

/// <summary>A workflow's run that has ended.</summary>
/// <typeparam name="TOut">Its output.</typeparam>
/// <typeparam name="TContext">What its steps shared.</typeparam>
/// <param name="View">How it ended.</param>
/// <param name="Outputs">Its outputs, as the definition's rule keeps them; empty unless it has completed.</param>
/// <param name="Context">The context after its last step.</param>
/// <param name="Errors">The attempts that failed, the oldest first.</param>
public sealed record TestWorkflowRun<TOut, TContext>(WorkflowRunView View, IReadOnlyList<TOut> Outputs, TContext Context, IReadOnlyList<WorkflowErrorView> Errors)
{
    /// <summary>How it ended.</summary>
    public WorkflowRunStatus Status => View.Status;

    /// <summary>Why it failed; null unless it did.</summary>
    public string? Failure => View.Failure;

    /// <summary>Its output.</summary>
    /// <exception cref="FlowException">It has none: it failed, or was cancelled.</exception>
    public TOut Output => Outputs.Count > 0
        ? Outputs[^1]
        : throw new FlowException(View.FailureCode ?? FlowErrorCode.NoTerminalOutput, $"Run '{View.RunId}' is {View.Status}: {View.Failure}");
}
