using System.Collections.Concurrent;

namespace Orleans.Embedded;

/// <summary>Unused requests of one class. Bounded: what does not fit is left to the garbage collector.</summary>
/// <typeparam name="TRequest">The class.</typeparam>
public static class RequestPool<TRequest>
    where TRequest : GrainRequest, new()
{
    private const int CapacityMax = 256;

    [ThreadStatic]
    private static TRequest? _mine;

    private static readonly ConcurrentQueue<TRequest> Shared = new();
    private static int _sharedCount;

    /// <summary>Takes a request.</summary>
    /// <returns>The request, without arguments.</returns>
    public static TRequest Rent()
    {
        var request = _mine;
        if (request is not null)
        {
            _mine = null;
            return request;
        }

        if (Volatile.Read(ref _sharedCount) > 0 && Shared.TryDequeue(out request))
        {
            Interlocked.Decrement(ref _sharedCount);
            return request;
        }

        return new TRequest();
    }

    /// <summary>Gives a request back.</summary>
    /// <param name="request">The request, without arguments.</param>
    public static void Return(TRequest request)
    {
        if (_mine is null)
        {
            _mine = request;
        }
        else if (Volatile.Read(ref _sharedCount) < CapacityMax)
        {
            Interlocked.Increment(ref _sharedCount);
            Shared.Enqueue(request);
        }
    }
}
