using System.Collections.Concurrent;

namespace Orleans.Embedded;

/// <summary>Unused requests, by class. Bounded: what does not fit is left to the garbage collector.</summary>
public static class RequestPool
{
    private const int CapacityMax = 256;

    /// <summary>Takes a request.</summary>
    /// <typeparam name="TRequest">Its class.</typeparam>
    /// <returns>The request, without arguments.</returns>
    public static TRequest Rent<TRequest>()
        where TRequest : GrainRequest, new()
    {
        var request = Of<TRequest>.Mine;
        if (request is not null)
        {
            Of<TRequest>.Mine = null;
            return request;
        }

        if (Volatile.Read(ref Of<TRequest>.SharedCount) > 0 && Of<TRequest>.Shared.TryDequeue(out request))
        {
            Interlocked.Decrement(ref Of<TRequest>.SharedCount);
            return request;
        }

        return new TRequest();
    }

    /// <summary>Gives a request back.</summary>
    /// <typeparam name="TRequest">Its class.</typeparam>
    /// <param name="request">The request, without arguments.</param>
    public static void Return<TRequest>(TRequest request)
        where TRequest : GrainRequest, new()
    {
        if (Of<TRequest>.Mine is null)
        {
            Of<TRequest>.Mine = request;
        }
        else if (Volatile.Read(ref Of<TRequest>.SharedCount) < CapacityMax)
        {
            Interlocked.Increment(ref Of<TRequest>.SharedCount);
            Of<TRequest>.Shared.Enqueue(request);
        }
    }

    private static class Of<TRequest>
    {
        [ThreadStatic]
        public static TRequest? Mine;

        public static readonly ConcurrentQueue<TRequest> Shared = new();
        public static int SharedCount;
    }
}
