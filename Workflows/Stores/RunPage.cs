namespace OrleansFlow.Workflows.Stores;

/// <summary>Runs that match a filter.</summary>
/// <param name="Runs">In the order of their ids.</param>
/// <param name="Next">Asks for the page after this one; <see langword="null"/>: there is none.</param>
public sealed record RunPage(IReadOnlyList<WorkflowRunLine> Runs, string? Next);
