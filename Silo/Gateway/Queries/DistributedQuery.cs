using OrleansFlow.Arrow;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>A query that pays off on workers.</summary>
/// <param name="Plan">Its stages.</param>
/// <param name="Tables">The tables of its scans, by name.</param>
/// <param name="Peers">Workers, at least one.</param>
/// <param name="Columns">Its columns; null where nobody asked for them.</param>
/// <param name="Mode">How it runs.</param>
internal sealed record DistributedQuery(
    DistributedPlan Plan, IReadOnlyDictionary<string, IQueryTable> Tables, IReadOnlyList<QueryPeer> Peers, ArrowSchema? Columns, QueryMode Mode);
