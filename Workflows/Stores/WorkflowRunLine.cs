using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Stores;

/// <summary>A run in a list.</summary>
/// <param name="Id">The run.</param>
/// <param name="Workflow">The workflow's name and version.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="StartedUtc">When it was accepted.</param>
/// <param name="EndedUtc">When it ended; <see langword="null"/> before.</param>
public sealed record WorkflowRunLine(RunId Id, WorkflowVersion Workflow, WorkflowRunStatus Status, DateTimeOffset StartedUtc, DateTimeOffset? EndedUtc);
