using System.Collections.Immutable;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Stores;

/// <summary>The context of a run as it is kept: a snapshot, and what was committed since.</summary>
/// <remarks>Whoever has the context of a version that is not below the snapshot's needs only the deltas after it.</remarks>
/// <param name="SnapshotVersion">How many deltas the snapshot holds.</param>
/// <param name="Snapshot">The context at that version; <c>default</c> for an empty one.</param>
/// <param name="Deltas">The deltas after it, in the order of their commits.</param>
public sealed record StoredContext(long SnapshotVersion, Payload Snapshot, IImmutableList<Payload> Deltas)
{
    /// <summary>Version of the context: it only rises, and no two contexts of a run have the same.</summary>
    public long Version => SnapshotVersion + Deltas.Count;
}
