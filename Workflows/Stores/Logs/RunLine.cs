using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Stores.Logs;

/// <summary>The one row of a run that changes: what it is found by, and how far its log goes.</summary>
/// <param name="Id">The run.</param>
/// <param name="Workflow">Its definition.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="StartedUtc">When it was accepted.</param>
/// <param name="EndedUtc">When it ended.</param>
/// <param name="Key">Its idempotency key.</param>
/// <param name="Position">How many events its log has.</param>
/// <param name="Tip">Names its last commit: a commit that was decided on another one is refused, even at the same position.</param>
/// <param name="Needs">What somebody must do for it.</param>
/// <param name="WakeUtc">When something goes on by itself, or leases are to be looked after.</param>
internal sealed record RunLine(
    RunId Id,
    WorkflowVersion Workflow,
    WorkflowRunStatus Status,
    DateTimeOffset StartedUtc,
    DateTimeOffset? EndedUtc,
    string? Key,
    long Position,
    long Tip,
    RunNeeds Needs,
    DateTimeOffset? WakeUtc);
