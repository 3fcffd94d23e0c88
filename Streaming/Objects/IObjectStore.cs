using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Objects;

/// <summary>
/// Named, immutable bytes: a folder or a bucket. An object is there as a whole or not at all, and it is durable once the call that made it
/// has returned. Names are as in <see cref="ObjectName"/>. Thread-safe, and safe between processes.
/// </summary>
/// <remarks>A store that cannot be reached fails with <see cref="FlowErrorCode.StoreUnavailable"/>, a full one with <see cref="FlowErrorCode.StoreFull"/>.</remarks>
public interface IObjectStore : IDisposable
{
    /// <summary>Where the objects are, as <see cref="ObjectStores.Open"/> takes it.</summary>
    string Url { get; }

    /// <summary>Whether the objects are on a disk of this machine, or one as fast: then less work for the processor counts more than fewer bytes. Default false.</summary>
    bool IsLocal => false;

    /// <summary>Stores an object; one of that name is replaced. Repeating it is safe.</summary>
    ValueTask PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Stores an object unless there is one of that name: of any number of callers exactly one succeeds.</summary>
    /// <param name="name">Name of the object.</param>
    /// <param name="content">Its bytes; callers that race have different ones, so that one that lost its answer can tell its own object.</param>
    /// <param name="cancellationToken">Gives up; whether the object was stored is then not known.</param>
    /// <returns>False when another object is there, which is untouched.</returns>
    ValueTask<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Begins a large object, which replaces one of that name once it is completed.</summary>
    ValueTask<ObjectUpload> UploadAsync(string name, CancellationToken cancellationToken);

    /// <summary>Reads a small object.</summary>
    /// <param name="name">Name of the object.</param>
    /// <param name="bytesMax">Most bytes; a longer one fails with <see cref="FlowErrorCode.LimitExceeded"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Its bytes; null when there is none.</returns>
    ValueTask<byte[]?> TryGetAsync(string name, int bytesMax, CancellationToken cancellationToken);

    /// <summary>Reads an object as a stream from its start; the caller disposes it.</summary>
    /// <exception cref="FlowException">There is no such object (<see cref="FlowErrorCode.DataFileMissing"/>).</exception>
    ValueTask<Stream> OpenReadAsync(string name, CancellationToken cancellationToken);

    /// <summary>The objects whose name begins with a prefix, in the order of their names.</summary>
    /// <param name="prefix">Beginning of the names; empty for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Removes an object. One that is not there is removed already.</summary>
    ValueTask DeleteAsync(string name, CancellationToken cancellationToken);
}

/// <summary>An object as a list shows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its size.</param>
public readonly record struct ObjectEntry(string Name, long Bytes);
