using System.Collections.Immutable;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>A checkpoint that is stored as a whole: what a job can begin from.</summary>
/// <param name="Epoch">Its number.</param>
/// <param name="Generation">The generation that took it.</param>
/// <param name="Manifest">The object that says what belongs to it.</param>
public sealed record JobCheckpoint(long Epoch, long Generation, string Manifest)
{
    /// <summary>What the tables of rows on their way begin with, as workers name them.</summary>
    private const string RowsOnTheirWay = "_channels-";

    /// <summary>Whether it holds rows on their way, which only as many subtasks as before can begin from: its barriers overtook them.</summary>
    public bool HoldsRows { get; init; }

    /// <summary>What sinks staged, to be committed; empty when none waits.</summary>
    public ImmutableArray<SubtaskCommit> Commits { get; init; } = [];

    /// <summary>Whether sinks wait for the commit of this epoch.</summary>
    public bool NeedsCommit { get; init; }

    /// <summary>Whether all of them have committed. If not, they are told again when the job begins from here.</summary>
    public bool IsCommitted { get; init; }

    /// <summary>Whether a manifest names rows on their way.</summary>
    public static bool HoldsRowsOf(CheckpointManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return manifest.Operators.Any(static state => state.Tables.Any(static table => table.Name.StartsWith(RowsOnTheirWay, StringComparison.Ordinal) && table.Files.Any(static file => file.Rows > 0)));
    }

    /// <summary>Whether commits have to be replayed.</summary>
    public bool IsOpen => NeedsCommit && !IsCommitted;
}
