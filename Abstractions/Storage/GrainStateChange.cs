namespace OrleansFlow.Storage;

/// <summary>One change of an <see cref="IGrainStorageBatch"/>.</summary>
/// <param name="name">Name of the state.</param>
/// <param name="stateType">Type that the state is stored as.</param>
/// <param name="state">The new state; null deletes the stored one.</param>
/// <param name="etag">What the last read or write of this state gave; null when none is stored.</param>
public sealed class GrainStateChange(string name, Type stateType, object? state, string? etag)
{
    /// <summary>Name of the state.</summary>
    public string Name { get; } = name;

    /// <summary>Type that the state is stored as.</summary>
    public Type StateType { get; } = stateType;

    /// <summary>The new state; null deletes the stored one.</summary>
    public object? State { get; } = state;

    /// <summary>What the last read or write of this state gave; null when none is stored.</summary>
    public string? ETag { get; } = etag;

    /// <summary>
    /// True when nobody waits for it soon: a storage may then let it wait for a moment (a few milliseconds at most) to share the commit of something
    /// else. A batch waits only when all its changes may. It is durable when the write returns all the same. Default false.
    /// </summary>
    public bool MayWait { get; init; }

    /// <summary>The etag after the change; null before it, and after a deletion. Set by the storage.</summary>
    public string? NextETag { get; set; }
}
