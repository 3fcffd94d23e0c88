using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Queries;

/// <summary>What was decided about a query.</summary>
/// <param name="State">The state from now on; when it has an end, every worker is to drop the query.</param>
/// <param name="ToSet">Attempts that workers are to be given; producers before consumers.</param>
/// <param name="Refused">Null when the command was accepted, also when it changes nothing.</param>
public readonly record struct QueryDecision(QueryState State, ImmutableArray<TaskPlacement> ToSet, string? Refused = null)
{
    /// <summary>Copies that count from now on. They come before <see cref="ToSet"/>, whose attempts of the same tasks are later ones.</summary>
    public ImmutableArray<TaskPlacement> Moved { get; init; } = [];

    /// <summary>Attempts that nobody needs any more, at workers that are there.</summary>
    public ImmutableArray<TaskPlacement> ToStop { get; init; } = [];

    /// <summary>True when the command was accepted.</summary>
    public bool IsAccepted => Refused is null;
}
