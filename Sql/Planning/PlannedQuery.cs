using OrleansFlow.Sql.Plans;

namespace OrleansFlow.Sql.Planning;

/// <summary>A query and its plan.</summary>
/// <param name="Sql">The user's text.</param>
/// <param name="Plan">What it does.</param>
/// <param name="Names">Names of the result's columns; they may repeat.</param>
internal sealed record PlannedQuery(string Sql, PlanNode Plan, ValueList<string> Names)
{
    /// <summary>Calls of functions that are scanned as tables.</summary>
    public IReadOnlyList<PlannedCall> Calls { get; init; } = [];
}
