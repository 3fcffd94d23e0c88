using System.Collections.Immutable;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Migrations;

/// <summary>Where an item of a run that is migrated goes on.</summary>
/// <param name="Id">The item.</param>
/// <param name="Node">Place of its node in the new definition.</param>
/// <param name="Input">Its input, as the new node takes it.</param>
public sealed record MovedItem(long Id, int Node, Payload Input)
{
    /// <summary>Of a join that collects: what has come, as the new join takes it.</summary>
    public ImmutableArray<Payload> Parts { get; init; } = [];

    /// <summary>Of a sleeping step: what follows from it, in the new definition.</summary>
    public ImmutableArray<ItemSeed> Successors { get; init; } = [];
}
