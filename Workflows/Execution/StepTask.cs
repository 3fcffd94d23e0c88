using System.Collections.Immutable;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Execution;

/// <summary>What a worker is given to do for a run: an item with the context that its step is to see, or a question about the context.</summary>
/// <remarks>
/// Context: a worker that has it as of <see cref="BaseVersion"/> gets only what was committed since; one that has nothing, or has forgotten it, gets the
/// snapshot. So a large context costs what changed.
/// </remarks>
public sealed record StepTask
{
    /// <summary>What is asked.</summary>
    public StepTaskKind Kind { get; init; }

    /// <summary>The item's number in its run; 0 for a query.</summary>
    public long Item { get; init; }

    /// <summary>Place of the item's node; 0 for a query or update.</summary>
    public int Node { get; init; }

    /// <summary>The node's input, or the argument.</summary>
    public Payload Input { get; init; }

    /// <summary>Whom the step's changes of the context are counted for.</summary>
    public int Lane { get; init; }

    /// <summary>The signal that the item has waited for; null when it has not.</summary>
    public string? Signal { get; init; }

    /// <summary>True once that signal came.</summary>
    public bool HasSignal { get; init; }

    /// <summary>What the signal carried.</summary>
    public Payload SignalPayload { get; init; }

    /// <summary>What the node saved when it suspended itself; <c>default</c> for nothing.</summary>
    public Payload Saved { get; init; }

    /// <summary>The child runs that the item has waited for, in the order in which its last step started them.</summary>
    public ImmutableArray<ChildResult> Children { get; init; } = [];

    /// <summary>Name of the query or update; null for a step.</summary>
    public string? Name { get; init; }

    /// <summary>The version of the context that <see cref="Deltas"/> follow: the snapshot's, or one that the worker has.</summary>
    public long BaseVersion { get; init; }

    /// <summary>True: the context begins with <see cref="Snapshot"/>; false: with what the worker has as of <see cref="BaseVersion"/>.</summary>
    public bool HasSnapshot { get; init; }

    /// <summary>The context as of <see cref="BaseVersion"/>; <c>default</c> for an empty one.</summary>
    public Payload Snapshot { get; init; }

    /// <summary>What was committed after it, in order.</summary>
    public ImmutableArray<Payload> Deltas { get; init; } = [];

    /// <summary>True: the worker is to hand in the context that it begins with as the new snapshot.</summary>
    public bool WantsFold { get; init; }

    /// <summary>The version of the context that the step sees.</summary>
    public long ContextVersion => BaseVersion + Deltas.Length;
}
