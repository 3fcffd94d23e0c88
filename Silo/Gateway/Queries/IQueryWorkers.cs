namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>
/// The workers that can run tasks of queries. The silo's own are those of its catalog that say of themselves that they run queries; register another one with
/// <c>FlowSiloOptions.ConfigureServices</c> to find workers in your own way. Asked for each query and while queries run, so it should answer from memory.
/// </summary>
#if SIMULATION // It compiles this file for itself; only the silo's is anybody else's business.
internal
#else
public
#endif
interface IQueryWorkers
{
    /// <summary>Those there are now, in the order of their ids.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<IReadOnlyList<QueryPeer>> ListAsync(CancellationToken cancellationToken);
}

/// <summary>A worker that can run tasks of queries.</summary>
/// <param name="Id">Of this process, as far as that can be seen: a worker that comes back at another address is another one.</param>
/// <param name="Location">Where its Flight service is: <c>grpc+tcp://host:port</c>.</param>
/// <param name="Cores">At least 1.</param>
/// <param name="RunningTasks">Tasks of queries that it runs.</param>
#if SIMULATION
internal
#else
public
#endif
sealed record QueryPeer(string Id, string Location, int Cores, int RunningTasks)
{
    /// <summary>Whether it can be told once for all its tasks where those are that they read, as it says itself (<c>takes_places</c>). Right for every worker if false.</summary>
    public bool TakesPlaces { get; init; }
}
