using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Nodes;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Local;

/// <summary>Why a local run fails, in words.</summary>
internal static class LocalFailures
{
    public static FailureKinds KindOf(Exception error) => error switch
    {
        NonRetryableException or NodePhaseException when error.InnerException is { } cause => KindOf(cause),
        TimeoutException => FailureKinds.Timeout,
        OperationCanceledException => FailureKinds.Cancelled,
        _ => FailureKinds.Generic,
    };

    /// <summary>True where the error itself says that another attempt cannot help.</summary>
    public static bool IsPermanent(Exception error) => error switch
    {
        NonRetryableException => true,
        NodePhaseException { InnerException: { } cause } => IsPermanent(cause),
        _ => error is FlowException { Kind.Retry: RetryAdvice.Never },
    };

    public static bool ShouldRetry(StepRetryPolicy policy, Exception error, int attempt) => !IsPermanent(error) && policy.ShouldRetry(KindOf(error), attempt);

    /// <summary>A failed attempt as a run is told of it.</summary>
    public static WorkflowCommand.Fail Report(WorkItem item, Exception error, double chance) => new(item.Id, item.Epoch, KindOf(error), error.Message, chance)
    {
        Permanent = IsPermanent(error),
        Code = CodeOf(error) is not FlowErrorCode.UnexpectedError and var code ? code : null,
    };

    public static FlowErrorCode CodeOf(Exception error) => error switch
    {
        FlowException known => known.Code,
        TimeoutException => FlowErrorCode.DeadlineExceeded,
        NonRetryableException or NodePhaseException when error.InnerException is { } cause => CodeOf(cause),
        _ => FlowErrorCode.UnexpectedError,
    };

    public static FlowException Failed(CompiledNode node, Exception error, int attempts) => new(
        CodeOf(error),
        $"Node '{node.Name}' failed {(attempts == 1 ? "once" : $"{attempts} times")}: {error.Message}",
        error);

    public static FlowException TooManyVisits(CompiledNode node) => new(
        FlowErrorCode.LimitExceeded,
        $"Node '{node.Name}' may run {node.MaxVisits} times in a run and was to run once more. Its loop does not end, or AtMost is too small.");

    public static FlowException ManyFromBranch(CompiledNode node) => new(
        FlowErrorCode.BadInput,
        $"Node '{node.Name}' returned several outputs (NextAll) and branches on one. Branch in its successor.");

    public static FlowException NoArm(CompiledNode node) => new(
        FlowErrorCode.BadInput,
        $"No arm of the branch of node '{node.Name}' takes its output. Add one, or say Otherwise.");

    public static FlowException NoTransition(CompiledNode node) => new(
        FlowErrorCode.BadInput,
        $"Node '{node.Name}' returned no transition (default). Return Transition.Hold to end the item without an output.");

    public static FlowException NoSignals(CompiledNode node, string signal) => new(
        FlowErrorCode.Unsupported,
        $"Node '{node.Name}' waits for signal '{signal}', which nobody can send to this run. Send it through LocalRunOptions.Signals, or run the workflow in a cluster.");

    public static FlowException ShortJoin(CompiledNode node, int waiting) => new(
        FlowErrorCode.BadInput,
        $"Join '{node.Name}' wants {node.Join!.Wanted} items; {waiting} came and no more can come.");

    public static FlowException NoOutput(CompiledWorkflow workflow) => new(
        FlowErrorCode.NoTerminalOutput,
        $"The run of workflow '{workflow.Name}' ended without an output: no item came to an end that returns one.");
}
