using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Local;

/// <summary>An item of a local run that was called before: it is repeated, or it has waited.</summary>
internal sealed record LocalItem<TIn>(TIn Input, long Id, int Attempt, NodeWake? Wake);
