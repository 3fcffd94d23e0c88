namespace OrleansFlow.Storage;

/// <summary>One state that an <see cref="IGrainStorageRange"/> has read.</summary>
/// <param name="name">Name of the state.</param>
/// <param name="etag">What a write of this state has to present.</param>
public abstract class StoredGrainState(string name, string etag)
{
    /// <summary>Name of the state.</summary>
    public string Name { get; } = name;

    /// <summary>What a write of this state has to present.</summary>
    public string ETag { get; } = etag;

    /// <summary>Makes the state of what is stored; each call makes another one.</summary>
    /// <typeparam name="T">Type that the state was stored as.</typeparam>
    /// <exception cref="Errors.FlowException"><c>state_corrupt</c>: it cannot be read as one.</exception>
    public abstract T Read<T>();
}
