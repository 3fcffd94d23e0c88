using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Tasks;

/// <summary>The lease policies of a partition's tasks. Most tasks are submitted with the same values, so the last policy is kept.</summary>
/// <param name="leases">Times and bounds of leases.</param>
/// <param name="epochFloor">Epochs up to this one come from before the store was restored.</param>
internal sealed class TaskPolicies(LeaseOptions leases, long epochFloor)
{
    private static readonly TimeSpan BackoffMax = TimeSpan.FromMinutes(1);

    private TaskSubmission? _submission;
    private LeasePolicy? _last;

    public LeasePolicy Of(TaskSubmission submission)
    {
        if (_last is null || _submission!.MaxRetries != submission.MaxRetries || _submission.Backoff != submission.Backoff || _submission.Role != submission.Role)
        {
            _submission = submission;
            _last = new LeasePolicy
            {
                Duration = leases.Duration,
                EpochFloor = epochFloor,
                MaxTakeovers = leases.MaxTakeoversOf(submission.Role),
                MaxRetries = submission.MaxRetries,
                Backoff = submission.Backoff,
                MaxBackoff = BackoffMax > submission.Backoff ? BackoffMax : submission.Backoff,
                PermanentOn = ["bad_input", "schema_mismatch"],
            };
        }

        return _last;
    }
}
