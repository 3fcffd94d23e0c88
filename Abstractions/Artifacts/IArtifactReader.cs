using OrleansFlow.Arrow;

namespace OrleansFlow.Artifacts;

/// <summary>An open artifact. Disposing it does not end the batches that were read from it.</summary>
public interface IArtifactReader : IDisposable
{
    /// <summary>Names and types of the columns.</summary>
    ArrowSchema Schema { get; }

    /// <summary>Batches in the file; 1 for what <see cref="IArtifactStore.WriteAsync"/> writes.</summary>
    int BatchCount { get; }

    /// <summary>A batch, whose one reference belongs to the caller; it refers to the mapped file and copies nothing.</summary>
    /// <param name="index">0-based.</param>
    RecordBatch ReadBatch(int index);
}
