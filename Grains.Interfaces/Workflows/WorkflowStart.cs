using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows;

/// <summary>What a run begins with.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkflowStart")]
public sealed record WorkflowStart
{
    /// <summary>The workflow's name.</summary>
    [Id(0)]
    public required string Workflow { get; init; }

    /// <summary>Its version, from 1.</summary>
    [Id(1)]
    public required int Version { get; init; }

    /// <summary>Hash of the definition that the starter means (<see cref="Definitions.CompiledWorkflow.Hash"/>); null: whatever is kept for the version.</summary>
    [Id(2)]
    public string? Hash { get; init; }

    /// <summary>The context to begin with; <c>default</c> for an empty one.</summary>
    [Id(3)]
    public Payload Context { get; init; }

    /// <summary>The start node's input.</summary>
    [Id(4)]
    public Payload Input { get; init; }

    /// <summary>The key that the run's id was made from; null for none.</summary>
    [Id(5)]
    public string? IdempotencyKey { get; init; }

    /// <summary>The run that started this one, and is told of its end; default for none.</summary>
    [Id(6)]
    public RunId Parent { get; init; }

    /// <summary>When the run fails with <c>deadline_exceeded</c> unless it has ended; null for never.</summary>
    [Id(7)]
    public DateTimeOffset? DeadlineUtc { get; init; }

    /// <summary>What the run can be found by: name to text; null for nothing. At most 32.</summary>
    [Id(8)]
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    /// <summary>JSON of the <see cref="Retries.StepRetryPolicy"/> of nodes that have none; <c>default</c>: 5 attempts, 1 s, doubling up to 10 s.</summary>
    [Id(9)]
    public Payload Retry { get; init; }

    /// <summary>The parent's order by which it is started; 0 for none. A later order of the same child attaches to it: see <see cref="WorkflowCommand.Attach"/>.</summary>
    [Id(11)]
    public long ParentOrder { get; init; }

    /// <summary>When the first step may begin; null: at once.</summary>
    [Id(10)]
    public DateTimeOffset? NotBeforeUtc { get; init; }
}
