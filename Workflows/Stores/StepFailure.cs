using OrleansFlow.Errors;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Workflows.Stores;

/// <summary>Why an attempt failed.</summary>
/// <param name="Kind">For the retry policy to choose from.</param>
/// <param name="Message">In words.</param>
public sealed record StepFailure(FailureKinds Kind, string Message)
{
    /// <summary>True where another attempt cannot help: there is none, whatever the policy says.</summary>
    public bool IsPermanent { get; init; }

    /// <summary>The kind of failure that the run gets when it ends with it; <see langword="null"/>: derived from <see cref="Kind"/>.</summary>
    public FlowErrorCode? Code { get; init; }

    /// <summary>The worker's retry policy, for nodes that have none; <see langword="null"/>: the run's.</summary>
    public StepRetryPolicy? WorkerRetry { get; init; }

    /// <summary>An even random number, 0 to below 1, for the jitter of the wait.</summary>
    /// <value>Default 0.5: no jitter.</value>
    public double Chance { get; init; } = 0.5;
}
