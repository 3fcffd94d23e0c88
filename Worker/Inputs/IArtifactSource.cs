namespace OrleansFlow.Worker.Inputs;

/// <summary>Where the adapters of this worker get the artifacts of an attempt's parents from.</summary>
internal interface IArtifactSource
{
    /// <summary>The batches that an adapter asked for, in order of acceptance. Each belongs to whoever enumerates.</summary>
    IAsyncEnumerable<LoadedBatch> ReadArtifactsAsync(ArtifactRequest request, CancellationToken cancellationToken);
}
