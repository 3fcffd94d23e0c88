using OrleansFlow.Errors;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Gateway.Sql;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>The queries of one tenant that run on workers or wait for it, at whatever gateway they came in.</summary>
internal sealed class QueryListing(IGrainFactory grains)
{
    // Asked for side by side; more would only queue up in the silo.
    private const int SideBySide = 64;
    private const int QueriesMax = 1_000;

    /// <summary>Those that run, then those that wait, the next one first; at most 1,000.</summary>
    public async Task<IReadOnlyList<QueryStatus>> ListAsync(SqlCaller caller, CancellationToken cancellationToken)
    {
        var turns = await grains.GetGrain<IQueryTenantGrain>(caller.Tenant).ListAsync(cancellationToken);
        var found = new List<QueryStatus>();
        foreach (var some in turns.Running.Concat(turns.Waiting).Take(QueriesMax).Chunk(SideBySide))
        {
            found.AddRange((await Task.WhenAll(some.Select(id => FindAsync(id, caller, cancellationToken)))).OfType<QueryStatus>());
        }

        // Those that wait stand in the queue's order, whatever each heard last.
        var place = 0;
        var order = turns.Waiting.ToDictionary(id => id, _ => ++place, StringComparer.Ordinal);
        return [.. found.Select(query => order.TryGetValue(query.QueryId, out var position) && query.State == QueryStatus.Waiting ? query with { Position = position } : query)];
    }

    /// <summary>One query of the caller's tenant; null: there is none.</summary>
    public async Task<QueryStatus?> FindAsync(string id, SqlCaller caller, CancellationToken cancellationToken) =>
        await grains.GetGrain<IQueryGrain>(id).GetAsync(cancellationToken) is { Request: { } request } view && request.Tenant == caller.Tenant
            ? ToStatus(id, view, request, caller)
            : null;

    /// <summary>Ends a query of the caller's tenant wherever it runs, and while it waits.</summary>
    /// <exception cref="FlowException"><c>not_found</c>; <c>already_ended</c>.</exception>
    public async Task CancelAsync(string id, string reason, SqlCaller caller, CancellationToken cancellationToken)
    {
        var status = await FindAsync(id, caller, cancellationToken)
            ?? throw new FlowException(FlowErrorCode.NotFound, $"There is no query '{id}'. 'flow queries' lists those that run and wait.");
        if (status.IsOver)
        {
            throw new FlowException(FlowErrorCode.AlreadyEnded, $"Query '{id}' has ended.");
        }

        var by = caller.Owner.Length == 0 ? "" : $" by '{caller.Owner}'";
        await grains.GetGrain<IQueryGrain>(id).CancelAsync(reason.Length == 0 ? $"The query was cancelled{by}." : $"The query was cancelled{by}: {reason}", cancellationToken);
    }

    private static QueryStatus ToStatus(string id, QueryView view, QueryTurnRequest request, SqlCaller caller) => new()
    {
        QueryId = id,
        State = view.End is { } end ? end.Code is null ? QueryStatus.Complete : QueryStatus.Failed : view.Turn.IsAdmitted ? QueryStatus.Running : QueryStatus.Waiting,
        Position = view.Turn.Position,
        Tenant = request.Tenant,
        Owner = request.Owner,

        // Texts hold values; others of the tenant see that it runs.
        Sql = request.Owner == caller.Owner ? request.Sql : null,
        SubmittedUtc = view.SubmittedUtc,
        RetryCount = view.RetryCount,
        Failure = view.End?.Message is { Length: > 0 } message ? message : null,
        Stages =
        [
            .. view.Stages.Select((stage, index) => new StageStatus(
                index + 1,
                stage.TaskCount,
                stage.TaskCount - stage.FinishedCount - stage.RunningCount,
                stage.RunningCount,
                stage.FinishedCount,
                stage.Rows,
                stage.Bytes)),
        ],
    };
}
