namespace OrleansFlow.Streaming.Objects;

/// <summary>A large object under way. Disposing one that was not completed leaves no object behind.</summary>
public abstract class ObjectUpload : IAsyncDisposable
{
    /// <summary>Takes the bytes; forward only. It holds a bounded part of them in memory.</summary>
    public abstract Stream Content { get; }

    /// <summary>Makes the object visible and durable. Once only.</summary>
    /// <returns>Its size in bytes.</returns>
    public abstract ValueTask<long> CompleteAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
