using System.Collections.Immutable;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Workflows.Orchestration;

/// <summary>What may be said when a run is started; each is that of <see cref="NewWorkflowRun"/>.</summary>
public sealed record RunStartOptions
{
    /// <summary>The run's id; <see langword="null"/>: a new one.</summary>
    public RunId? Id { get; init; }

    /// <summary>With the same key there is one run, however often it is asked for.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>How failed steps are repeated where neither node nor worker says.</summary>
    public StepRetryPolicy? Retry { get; init; }

    /// <summary>When the run is to fail if it has not ended.</summary>
    public DateTimeOffset? DeadlineUtc { get; init; }

    /// <summary>What the run can be found by.</summary>
    public ImmutableSortedDictionary<string, string> Attributes { get; init; } = RunAttributes.None;
}
