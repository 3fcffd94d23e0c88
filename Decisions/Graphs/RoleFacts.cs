namespace OrleansFlow.Decisions.Graphs;

/// <summary>What a role's queue says of its workers, for <see cref="RunWhy"/>.</summary>
/// <param name="IsKnown">True once any worker has announced the role.</param>
/// <param name="WorkerCount">Workers that serve it now.</param>
/// <param name="FreeSlots">Slots that they have free.</param>
/// <param name="ReadyCount">Tasks that wait for one, of all runs.</param>
public sealed record RoleFacts(bool IsKnown, int WorkerCount, int FreeSlots, int ReadyCount)
{
    /// <summary>What is missing, for people, by what tasks need (<see cref="PlanNode.Needs"/>; empty for nothing) and no worker of the role offers; null for nothing.</summary>
    public IReadOnlyDictionary<string, string>? Unserved { get; init; }

    /// <summary>A limit that keeps all tasks of the role waiting, as people are shown it; null for none.</summary>
    public string? Limit { get; init; }

    /// <summary>Keys whose limit keeps tasks of the role waiting.</summary>
    public IReadOnlyCollection<string> FullKeys { get; init; } = [];
}
