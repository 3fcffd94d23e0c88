using System.Collections.Immutable;

namespace OrleansFlow.Workflows.Runs;

/// <summary>What a worker proposes to commit for a step: all of it or nothing.</summary>
public sealed record StepOutcome
{
    /// <summary>What the step changed in the context; <c>default</c> for nothing.</summary>
    public Payload Delta { get; init; }

    /// <summary>What follows, in order.</summary>
    public ImmutableArray<ItemSeed> Successors { get; init; } = [];

    /// <summary>What the run gets as outputs, in order.</summary>
    public ImmutableArray<Payload> Outputs { get; init; } = [];

    /// <summary>When successors and outputs are to come; <see langword="null"/>: at once. With a signal: how long to wait for it at most.</summary>
    public DateTimeOffset? DueUtc { get; init; }

    /// <summary>The signal after which the node is to run again; <see langword="null"/>: the step is done.</summary>
    public string? Signal { get; init; }
}
