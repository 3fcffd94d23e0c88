using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Client.Workflows;

/// <summary>How a workflow run is started. Every member may be left out.</summary>
public sealed record WorkflowStartOptions
{
    /// <summary>The run's id; default: the client makes one, which sorts by time.</summary>
    public RunId RunId { get; init; }

    /// <summary>Instead of an id: the same key with the same content gives the same run, for as long as the run is kept. 1 to 256 characters.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The run fails with <c>deadline_exceeded</c> unless it has ended in this time.</summary>
    /// <value>Default null: never. 1 ms to 10 years.</value>
    public TimeSpan? Deadline { get; init; }

    /// <summary>The first step begins no sooner.</summary>
    /// <value>Default null: at once. 1 ms to 10 years.</value>
    public TimeSpan? Delay { get; init; }

    /// <summary>What the run can be found by: at most 32 names of 1 to 64 characters with values of at most 256.</summary>
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    /// <summary>How failed steps are repeated whose node does not say.</summary>
    /// <value>Default null: <see cref="StepRetryPolicy.Default"/>.</value>
    public StepRetryPolicy? Retry { get; init; }

    /// <summary>The run that is told of this one's end; default for none.</summary>
    public RunId Parent { get; init; }
}
