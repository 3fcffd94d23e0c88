namespace OrleansFlow.Streaming.Exchange;

/// <summary>How much a <see cref="BatchQueue{TBatch}"/> may hold before its writers wait. Each limit holds for itself.</summary>
/// <remarks>An empty queue admits one batch of any size, so that a batch beyond the limits passes alone instead of never.</remarks>
public sealed record BatchQueueLimits
{
    /// <summary>Default limits: 64 batches, 4 Mi rows, 64 MiB.</summary>
    public static readonly BatchQueueLimits Default = new();

    /// <summary>Batches. Default 64. At least 1.</summary>
    public int MaxBatches { get; init; } = 64;

    /// <summary>Rows of all batches. Default 4 194 304. At least 1.</summary>
    public long MaxRows { get; init; } = 4L * 1024 * 1024;

    /// <summary>Bytes of all batches. Default 64 MiB. At least 1.</summary>
    public long MaxBytes { get; init; } = 64L * 1024 * 1024;
}
