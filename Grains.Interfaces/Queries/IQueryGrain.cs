namespace OrleansFlow.Queries;

/// <summary>
/// One query on many workers: who may run it when, where its tasks run, which of them run again, how it ends. Key: the query's id. In memory only:
/// when its silo is gone the query fails with <c>query_lost</c>. Rows never pass through it.
/// </summary>
[Alias("OrleansFlow.IQueryGrain")]
public interface IQueryGrain : IGrainWithStringKey
{
    /// <summary>Asks for the query's turn and waits some time for it. Ask again until it is admitted.</summary>
    /// <param name="request">Whose query it is, and what it needs.</param>
    /// <param name="wait">How long the answer may take when it has to wait.</param>
    /// <param name="cancellationToken">Stops waiting; the place is kept until it is given up or forgotten.</param>
    /// <exception cref="Errors.FlowException"><c>limit_exceeded</c>: too many wait, or it has waited for too long; <c>cancelled</c>.</exception>
    [Alias("Admit")]
    Task<QueryTurn> AdmitAsync(QueryTurnRequest request, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>Deals the tasks out.</summary>
    /// <exception cref="Errors.FlowException"><c>query_lost</c>: it was not admitted, by this life of the grain; <c>bad_input</c>: the stages cannot be.</exception>
    [Alias("Place")]
    Task<QueryOrders> PlaceAsync(QueryPlacing placing, CancellationToken cancellationToken);

    /// <summary>Gives tasks to stages that were placed as held.</summary>
    /// <param name="releases">Producers before consumers; none of them reads a stage that stays held.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What is to be set; repeating it is refused.</returns>
    /// <exception cref="Errors.FlowException"><c>query_lost</c>; <c>bad_input</c>: one is not held, or the stages cannot be.</exception>
    [Alias("Release")]
    Task<QueryOrders> ReleaseAsync(IReadOnlyList<QueryStageRelease> releases, CancellationToken cancellationToken);

    /// <summary>Tells what has happened; also that the gateway is still there, so at least every few seconds.</summary>
    /// <returns>What is to be done about it.</returns>
    /// <exception cref="Errors.FlowException"><c>query_lost</c>.</exception>
    [Alias("Report")]
    Task<QueryOrders> ReportAsync(QueryReport report, CancellationToken cancellationToken);

    /// <summary>Rows of the last stage are about to be handed to the client; from then on that stage is never run again.</summary>
    /// <param name="attempt">The attempt that made them.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Whether they may; no: another attempt counts, or the query has ended.</returns>
    /// <exception cref="Errors.FlowException"><c>query_lost</c>.</exception>
    [Alias("BeginDelivery")]
    Task<bool> BeginDeliveryAsync(int attempt, CancellationToken cancellationToken);

    /// <summary>The query has ended; its turn is the next one's. Fine when it has ended before, or is not known.</summary>
    /// <param name="ended">How.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [Alias("End")]
    Task EndAsync(QueryEnded ended, CancellationToken cancellationToken);

    /// <summary>Somebody wants the query to end. Its gateway hears of it with its next report. Fine when it has ended, or is not known.</summary>
    [Alias("Cancel")]
    Task CancelAsync(string reason, CancellationToken cancellationToken);

    /// <summary>Where the query stands; null when it is not known.</summary>
    [Alias("Get")]
    Task<QueryView?> GetAsync(CancellationToken cancellationToken);
}
