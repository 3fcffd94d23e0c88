namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>The workers that can run tasks of queries.</summary>
internal interface IQueryWorkers
{
    /// <summary>Those there are now, in the order of their ids.</summary>
    Task<IReadOnlyList<QueryPeer>> ListAsync(CancellationToken cancellationToken);
}

/// <summary>A worker that can run tasks of queries.</summary>
/// <param name="Id">Of this process, as far as that can be seen: a worker that comes back at another address is another one.</param>
/// <param name="Location">Where its Flight service is: <c>grpc+tcp://host:port</c>.</param>
/// <param name="Cores">At least 1.</param>
/// <param name="RunningTasks">Tasks of queries that it runs.</param>
internal sealed record QueryPeer(string Id, string Location, int Cores, int RunningTasks);
