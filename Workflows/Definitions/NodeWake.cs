using System.Collections.Immutable;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Definitions;

/// <summary>With what a node that has waited runs again.</summary>
internal sealed record NodeWake
{
    public string? Signal { get; init; }

    public bool HasSignal { get; init; }

    public Payload SignalPayload { get; init; }

    /// <summary>How the awaited children ended.</summary>
    public ImmutableArray<ChildResult> Children { get; init; } = [];

    /// <summary>What the node saved, from a store; default for nothing.</summary>
    public Payload SavedPayload { get; init; }

    /// <summary>What the node saved, in the same process.</summary>
    public SavedState? Saved { get; init; }
}
