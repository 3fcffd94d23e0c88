using System.Collections.Immutable;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>A checkpoint that is under way.</summary>
/// <param name="Epoch">Its number.</param>
/// <param name="Phase">How far it is.</param>
/// <param name="StartedUtc">When it began.</param>
/// <param name="DeadlineUtc">When this phase is over at the latest.</param>
public sealed record CheckpointRun(long Epoch, CheckpointPhase Phase, DateTimeOffset StartedUtc, DateTimeOffset DeadlineUtc)
{
    /// <summary>Whether the subtasks end once they have taken it.</summary>
    public bool ThenStop { get; init; }

    /// <summary>Whether it commits again what a checkpoint of an earlier generation left open.</summary>
    public bool IsReplay { get; init; }

    /// <summary>Whether it is made of what all subtasks stored at their own end.</summary>
    public bool IsFinal { get; init; }

    /// <summary>What the subtasks have stored so far. The messages are never changed.</summary>
    public ImmutableSortedDictionary<OperatorSubtask, StoredSubtask> Gathered { get; init; } = ImmutableSortedDictionary<OperatorSubtask, StoredSubtask>.Empty;

    /// <summary>What the store is to keep; null before all subtasks are done.</summary>
    public CheckpointManifest? Manifest { get; init; }

    /// <summary>What sinks have staged.</summary>
    public ImmutableArray<SubtaskCommit> Commits { get; init; } = [];

    /// <summary>Sinks that have not committed yet.</summary>
    public ImmutableSortedSet<OperatorSubtask> Uncommitted { get; init; } = [];
}

/// <summary>What a subtask of an operator stored in a checkpoint.</summary>
/// <param name="State">Its files; never changed.</param>
/// <param name="NeedsCommit">Whether it waits for the commit.</param>
public sealed record StoredSubtask(SubtaskState State, bool NeedsCommit);
