namespace Orleans.Core;

/// <summary>A stored object of a grain, without its value.</summary>
public interface IStorage
{
    /// <summary>The version that was read or written last; null when nothing is stored.</summary>
    string? Etag { get; }

    /// <summary>Whether something is stored.</summary>
    bool RecordExists { get; }

    /// <summary>Removes what is stored and resets the value.</summary>
    /// <returns>A task that ends when it is removed.</returns>
    Task ClearStateAsync();

    /// <summary>Stores the value.</summary>
    /// <returns>A task that ends when it is stored.</returns>
    Task WriteStateAsync();

    /// <summary>Reads the value again, discarding the one in memory.</summary>
    /// <returns>A task that ends when it is read.</returns>
    Task ReadStateAsync();

    /// <summary>Removes what is stored and resets the value.</summary>
    /// <param name="cancellationToken">Checked before the removal starts.</param>
    /// <returns>A task that ends when it is removed.</returns>
    Task ClearStateAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ClearStateAsync();
    }

    /// <summary>Stores the value.</summary>
    /// <param name="cancellationToken">Checked before the write starts.</param>
    /// <returns>A task that ends when it is stored.</returns>
    Task WriteStateAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return WriteStateAsync();
    }

    /// <summary>Reads the value again, discarding the one in memory.</summary>
    /// <param name="cancellationToken">Checked before the read starts.</param>
    /// <returns>A task that ends when it is read.</returns>
    Task ReadStateAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ReadStateAsync();
    }
}

/// <summary>A stored object of a grain.</summary>
/// <typeparam name="TState">Its type.</typeparam>
public interface IStorage<TState> : IStorage
{
    /// <summary>The value in memory; durable after <see cref="IStorage.WriteStateAsync()"/>.</summary>
    TState State { get; set; }
}
