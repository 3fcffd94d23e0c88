using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Sql.Planning;

/// <summary>What planning came to.</summary>
/// <param name="Cut">The stages; null when the plan cannot be read.</param>
/// <param name="Unread">The one task that then runs the text as it is written.</param>
internal sealed record PlanAttempt(CutPlan? Cut, DistributedPlan? Unread);
