namespace OrleansFlow.Artifacts;

/// <summary>A batch that was written: durable, and under its final name.</summary>
/// <param name="Path">Relative to the artifact root, with <c>/</c> between its parts on every system.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Bytes">Size of the file.</param>
public readonly record struct StoredArtifact(string Path, long Rows, long Bytes);
