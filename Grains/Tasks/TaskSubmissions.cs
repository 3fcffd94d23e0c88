using OrleansFlow.Decisions.Queues;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Tasks;

/// <summary>What a standalone task may be.</summary>
internal static class TaskSubmissions
{
    private const int PayloadCharsMax = 64 * 1024;

    private static readonly Dictionary<string, string> NoLabels = [];

    /// <summary>Stands for the submission of a task that does not exist.</summary>
    public static readonly TaskSubmission Unknown = new() { Role = "" };

    /// <summary>What a worker must offer to run it, in the spelling of <see cref="PlacementTraits"/>; null for nothing.</summary>
    public static string? NeedsOf(TaskSubmission submission) =>
        submission is { Labels: null or { Count: 0 }, RoleVersion: null } ? null : PlacementTraits.Of(submission.Labels ?? NoLabels, submission.RoleVersion).Text;

    /// <exception cref="FlowException"><c>bad_input</c>, with what is wrong.</exception>
    public static void Check(TaskId task, TaskSubmission submission)
    {
        if (!task.IsStandalone)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"'{task}' names a task of a run; a standalone task's id has no '/'.");
        }

        var problem = submission switch
        {
            { Role: var role } when !IdText.IsValid(role) => $"role '{role}' is not an id",
            { PayloadJson: { Length: > PayloadCharsMax } payload } => $"the payload has {payload.Length} characters; at most {PayloadCharsMax} are allowed",
            { MaxRetries: < 0 or > 100 } => $"max retries {submission.MaxRetries} is not from 0 to 100",
            { Priority: < -1000 or > 1000 } => $"priority {submission.Priority} is not from -1000 to 1000",
            { Labels: { Count: > 0 } labels } when LabelText.Fault(labels) is { } fault => fault,
            { RoleVersion: { } version } when !LabelText.IsValue(version) => $"a role version has 1 to {LabelText.MaxLength} characters and no control characters",
            _ when submission.Backoff < TimeSpan.Zero || submission.Backoff > TimeSpan.FromDays(1) => $"back-off {submission.Backoff} is not from 0 to 1 day",
            _ => null,
        };
        if (problem is not null)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Task '{task}': {problem}.");
        }
    }
}
