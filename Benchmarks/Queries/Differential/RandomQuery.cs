using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Differential;

/// <summary>A query made from a seed.</summary>
/// <param name="Query">Its text and how to compare its result; the name is the seed.</param>
/// <param name="Features">What it has, such as <c>left join</c>, <c>rollup</c> or <c>not in</c>: to choose queries by, and to see that all kinds come.</param>
public sealed record RandomQuery(QueryText Query, IReadOnlySet<string> Features);
