namespace OrleansFlow.Workflows.Stores.Logs;

/// <summary>A run as it is kept.</summary>
/// <param name="Line">Its line.</param>
/// <param name="Snapshot">Its newest snapshot; null when there is none.</param>
/// <param name="Rows">The commits after the snapshot, the oldest first.</param>
internal sealed record StoredRun(RunLine Line, byte[]? Snapshot, IReadOnlyList<byte[]> Rows);
