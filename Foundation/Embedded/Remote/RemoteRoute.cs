namespace Orleans.Embedded;

/// <summary>The way of a client's calls to the silo of another process.</summary>
internal abstract class RemoteRoute
{
    /// <summary>Sends a request that has been prepared. Afterwards it may be answered, and reused, at any time.</summary>
    /// <param name="request">The request. What its fields hold is written before this returns.</param>
    /// <param name="isOneWay">Whether nobody waits for an answer.</param>
    /// <param name="timeout">How long the caller waits; infinite for ever.</param>
    public abstract void Dispatch(GrainRequest request, bool isOneWay, TimeSpan timeout);

    /// <summary>Forgets a request whose caller no longer waits. Does nothing when it has been answered.</summary>
    /// <param name="id">Its number; 0 for one that was never sent.</param>
    /// <param name="cancelCallee">Whether the callee's token is to be cancelled.</param>
    public abstract void Abandon(long id, bool cancelCallee);

    /// <summary>The grain type that serves an interface in the cluster.</summary>
    /// <exception cref="ArgumentException">None does, or several.</exception>
    public abstract GrainType Resolve(Type interfaceType, string? classNamePrefix);
}
