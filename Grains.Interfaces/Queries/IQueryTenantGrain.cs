namespace OrleansFlow.Queries;

/// <summary>Whose turn it is among the queries of one tenant. Key: the tenant. In memory only: after a loss those that run say so again.</summary>
[Alias("OrleansFlow.IQueryTenantGrain")]
public interface IQueryTenantGrain : IGrainWithStringKey
{
    /// <summary>The tenant of whoever has none.</summary>
    const string DefaultTenant = "default";

    /// <summary>A query comes, asks again, or says that it still runs.</summary>
    /// <param name="query">Its id.</param>
    /// <param name="memoryBytes">What it claims.</param>
    /// <param name="wait">How long the answer may take when it has to wait.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="Errors.FlowException"><c>limit_exceeded</c>.</exception>
    [Alias("Ask")]
    Task<QueryTurn> AskAsync(string query, long memoryBytes, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>A query has ended, or waits no more.</summary>
    [Alias("Leave")]
    Task LeaveAsync(string query, CancellationToken cancellationToken);

    /// <summary>The queries that run, and those that wait, the next one first.</summary>
    [Alias("List")]
    Task<QueryTurns> ListAsync(CancellationToken cancellationToken);
}
