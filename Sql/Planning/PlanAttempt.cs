using OrleansFlow.Sql.Stages;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Sql.Planning;

/// <summary>What planning came to.</summary>
/// <param name="Cut">The stages; null when the plan cannot be read.</param>
/// <param name="Unread">The one task that then runs the text as it is written.</param>
internal sealed record PlanAttempt(CutPlan? Cut, DistributedPlan? Unread)
{
    /// <summary>What the files of the text were found to be, in their order.</summary>
    public IReadOnlyList<TableDescription> Descriptions { get; init; } = [];
}
