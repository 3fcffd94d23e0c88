using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Orleans.Embedded;

/// <summary>The objects of one silo or client that grains can call.</summary>
/// <param name="clientId">The name of the client in the objects' ids; never used again by another client, for references are stored.</param>
/// <param name="logger">Where dropped calls are told.</param>
/// <param name="queue">Runs <see cref="LocalObject.RunAsync"/> of an object outside the caller's turn; null takes the thread pool.</param>
internal sealed partial class LocalObjects(string clientId, ILogger logger, Action<LocalObject>? queue = null) : IClientRoute
{
    private readonly ConcurrentDictionary<string, LocalObject> _objects = new(StringComparer.Ordinal);
    private long _lastObject;

    public string ClientId { get; } = clientId;

    /// <summary>Makes an object callable; it is held weakly.</summary>
    /// <returns>The id to call it by.</returns>
    public GrainId Add(object target) => AddAs($"{Interlocked.Increment(ref _lastObject):x}", target);

    /// <summary>Makes an object callable by a given name.</summary>
    public GrainId AddAs(string objectId, object target)
    {
        _objects[objectId] = new LocalObject(this, objectId, target);
        return ClientRoutes.IdOf(ClientId, objectId);
    }

    /// <summary>Ends that an object can be called.</summary>
    /// <returns>False when the id names no object of this client.</returns>
    public bool Remove(GrainId id) =>
        ClientRoutes.TryParse(id, out var client, out var objectId) && client == ClientId && _objects.TryRemove(objectId, out _);

    public void Deliver(GrainRequest request)
    {
        if (ClientRoutes.TryParse(request._reference!.GrainId, out _, out var objectId) && _objects.TryGetValue(objectId, out var target))
        {
            target.Receive(request);
        }
        else
        {
            Drop(request);
        }
    }

    /// <summary>Lets go of a request whose object is gone: nobody answers, and its caller gets the time-out.</summary>
    public void Drop(GrainRequest request)
    {
        LogDropped(logger, request.ToString());
        request.ReleaseOwner();
    }

    public void Forget(string objectId, LocalObject target) => _objects.TryRemove(new KeyValuePair<string, LocalObject>(objectId, target));

    public void Queue(LocalObject target)
    {
        if (queue is not null)
        {
            queue(target);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(target, preferLocal: false);
        }
    }

    public void LogFailed(string request, Exception exception) => LogUnseenFailure(logger, request, exception);

    [LoggerMessage(
        EventId = 6141, Level = LogLevel.Warning, Message = "{Request} is dropped: the object was deleted or collected; its caller times out")]
    private static partial void LogDropped(ILogger logger, string request);

    [LoggerMessage(EventId = 6142, Level = LogLevel.Warning, Message = "{Request} failed, and nobody waits for its answer")]
    private static partial void LogUnseenFailure(ILogger logger, string request, Exception exception);
}
