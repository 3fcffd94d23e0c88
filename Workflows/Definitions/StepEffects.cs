using System.Collections.Immutable;

namespace OrleansFlow.Workflows.Definitions;

/// <summary>What a node asked for beside its transition; committed with the step, or not at all.</summary>
internal sealed record StepEffects(ImmutableArray<ChildStart> Children, ImmutableArray<KeyValuePair<string, string?>> Attributes)
{
    public static StepEffects None { get; } = new([], []);

    public StepEffects And(StepEffects other) => new([.. Children, .. other.Children], [.. Attributes, .. other.Attributes]);
}
