using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansFlow.Client.Queries;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Queries;
using OrleansFlow.Rpc;

namespace OrleansFlow.Client;

/// <content>Queries that run on workers, whoever sent them.</content>
public sealed partial class FlowClient
{
    /// <summary>The queries of the caller's tenant that run on workers, then those that wait for their turn, the next one first.</summary>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <exception cref="FlowException"><c>gateway_unreachable</c>, ...</exception>
    public IAsyncEnumerable<QueryStatus> ListQueriesAsync(CancellationToken cancellationToken = default) => QueryActionAsync("list-queries", null, cancellationToken);

    /// <summary>Where a query of the caller's tenant stands: at once, and whenever that changes, until it has ended.</summary>
    /// <param name="queryId">Its id; one that was not heard of yet is waited for.</param>
    /// <param name="cancellationToken">Ends the watching.</param>
    /// <exception cref="FlowException"><c>bad_input</c>: no id; <c>gateway_unreachable</c>, ...</exception>
    public IAsyncEnumerable<QueryStatus> WatchQueryAsync(string queryId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(queryId);
        return QueryActionAsync("watch-query", new QueryActionBody(queryId, null), cancellationToken);
    }

    /// <summary>Ends a query of the caller's tenant, from whatever process it came.</summary>
    /// <param name="queryId">Its id.</param>
    /// <param name="reason">Goes into the failure that its reader gets; empty for none.</param>
    /// <param name="cancellationToken">Stops waiting for the answer.</param>
    /// <exception cref="FlowException"><c>not_found</c>; <c>already_ended</c>; <c>gateway_unreachable</c>, ...</exception>
    public async Task CancelQueryAsync(string queryId, string reason = "", CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(queryId);
        await foreach (var _ in QueryActionAsync("cancel-query", new QueryActionBody(queryId, reason), cancellationToken).ConfigureAwait(false))
        {
            // That it ends without a failure is the answer.
        }
    }

    /// <summary>Opens the result of a query that was sent with <see cref="QueryOptions.Keeps"/> by the same caller.</summary>
    /// <param name="queryId">Its id (<see cref="FlowQuery.GetIdAsync"/>).</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="FlowException"><c>not_found</c>: it was not kept, its time is over, or it is another caller's; <c>gateway_unreachable</c>, ...</exception>
    public Task<FlowResult> GetQueryResultAsync(string queryId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(queryId);
        return GetResultAsync("queries", queryId, cancellationToken);
    }

    private async IAsyncEnumerable<QueryStatus> QueryActionAsync(string action, QueryActionBody? body, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var bytes = body is null ? [] : JsonSerializer.SerializeToUtf8Bytes(body, QueryActionJson.Default.QueryActionBody);
        var answers = new FlightClient(_channel.Value).DoActionAsync(new FlightAction(action, bytes), new RpcCallOptions(CancellationToken: cancellationToken)).GetAsyncEnumerator(cancellationToken);
        await using var _ = answers.ConfigureAwait(false);
        while (await GuardAsync(async () => await answers.MoveNextAsync().ConfigureAwait(false)).ConfigureAwait(false))
        {
            yield return JsonSerializer.Deserialize(answers.Current.Span, QueryActionJson.Default.QueryStatus)!;
        }
    }
}
