using System.Collections.Immutable;
using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Runs;

/// <summary>A run after a command.</summary>
/// <param name="State">The run afterwards: the one before with <paramref name="Events"/> applied; the same object when nothing changed.</param>
/// <param name="Answer">What the command came to.</param>
/// <param name="Events">What is to be stored, in one commit.</param>
/// <param name="Item">The item that was leased.</param>
/// <param name="Refused">Why the command was refused.</param>
/// <param name="Code">The kind of the refusal; see <see cref="WorkflowTurnStep.Code"/>.</param>
public sealed record WorkflowDecision(
    WorkflowRunState State,
    WorkflowAnswer Answer,
    ImmutableArray<WorkflowRunEvent> Events,
    WorkItem? Item = null,
    string? Refused = null,
    FlowErrorCode? Code = null);
