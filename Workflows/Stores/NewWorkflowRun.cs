using System.Collections.Immutable;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Stores;

/// <summary>A run that is to be accepted.</summary>
public sealed record NewWorkflowRun
{
    /// <summary>The definition; the run ends on it.</summary>
    public required CompiledWorkflow Workflow { get; init; }

    /// <summary>The context to begin with; <c>default</c> for an empty one.</summary>
    public Payload Context { get; init; }

    /// <summary>The start node's input.</summary>
    public required Payload Input { get; init; }

    /// <summary>The run's id; <see langword="null"/>: a new one.</summary>
    public RunId? Id { get; init; }

    /// <summary>With the same key there is one run, however often it is asked for; <see langword="null"/>: each time another.</summary>
    /// <value>At most 256 characters. The key lives as long as its run is kept.</value>
    public string? IdempotencyKey { get; init; }

    /// <summary>How failed steps are repeated where neither node nor worker says; <see langword="null"/> for <see cref="StepRetryPolicy.Default"/>.</summary>
    public StepRetryPolicy? Retry { get; init; }

    /// <summary>When the run is to fail if it has not ended; <see langword="null"/>: never.</summary>
    public DateTimeOffset? DeadlineUtc { get; init; }

    /// <summary>What the run can be found by; see <see cref="RunAttributes"/> for the limits.</summary>
    public ImmutableSortedDictionary<string, string> Attributes { get; init; } = RunAttributes.None;
}
