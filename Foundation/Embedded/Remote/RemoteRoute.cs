namespace Orleans.Embedded;

/// <summary>The way of a client's calls to the silo of another process.</summary>
internal abstract class RemoteRoute
{
    /// <summary>Sends a request that has been prepared. Afterwards it may be answered, and reused, at any time.</summary>
    /// <param name="request">The request. What its fields hold is written before this returns.</param>
    /// <param name="isOneWay">Whether nobody waits for an answer.</param>
    /// <param name="timeout">How long the caller waits; infinite for ever.</param>
    public abstract void Dispatch(GrainRequest request, bool isOneWay, TimeSpan timeout);

    /// <summary>The grain type that serves an interface in the cluster.</summary>
    /// <exception cref="ArgumentException">None does, or several.</exception>
    public abstract GrainType Resolve(Type interfaceType, string? classNamePrefix);
}
