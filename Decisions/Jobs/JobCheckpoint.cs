using System.Collections.Immutable;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>A checkpoint that is stored as a whole: what a job can begin from.</summary>
/// <param name="Epoch">Its number.</param>
/// <param name="Generation">The generation that took it.</param>
/// <param name="Manifest">The object that says what belongs to it.</param>
public sealed record JobCheckpoint(long Epoch, long Generation, string Manifest)
{
    /// <summary>What sinks staged, to be committed; empty when none waits.</summary>
    public ImmutableArray<SubtaskCommit> Commits { get; init; } = [];

    /// <summary>Whether sinks wait for the commit of this epoch.</summary>
    public bool NeedsCommit { get; init; }

    /// <summary>Whether all of them have committed. If not, they are told again when the job begins from here.</summary>
    public bool IsCommitted { get; init; }

    /// <summary>Whether commits have to be replayed.</summary>
    public bool IsOpen => NeedsCommit && !IsCommitted;
}
