using OrleansFlow.Errors;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <content>The log as a history.</content>
internal sealed partial class WorkflowRunStore
{
    /// <summary>Commits as they are stored.</summary>
    /// <param name="after">Only those after this one.</param>
    /// <param name="limit">Most commits.</param>
    /// <returns>The number of the first, and the JSON of each; empty when there are none.</returns>
    public async Task<(long First, IReadOnlyList<Payload> Commits)> ReadLogAsync(long after, int limit)
    {
        // Commit 0 stays when a run has begun its log anew; its history then begins later.
        var begin = Math.Max(after + 1, First);
        var commits = new List<Payload>();
        while (begin + commits.Count < Next && commits.Count < limit)
        {
            var (from, next) = (begin + commits.Count, Next);
            var count = (int)Math.Min(Math.Min(ReadsMax, limit - commits.Count), next - from);
            var (rows, _) = await ReadCommitsAsync(from, count);
            if (First > begin)
            {
                // It was begun anew meanwhile, and what was before is being deleted.
                return await ReadLogAsync(after, limit);
            }

            commits.AddRange(rows.Select(row => row.Events));
            if (rows.Count < count)
            {
                // The last one may be on its way still.
                return from + rows.Count == next - 1
                    ? (begin, commits)
                    : throw new FlowException(FlowErrorCode.StateCorrupt, $"Row '{NameOf(from + rows.Count)}' of grain '{_grainText}' is missing.");
            }
        }

        return (begin, commits);
    }

    /// <summary>The event that the run began with.</summary>
    public async Task<WorkflowRunEvent.Started?> ReadStartAsync() =>
        await ReadRowAsync(0) is { RecordExists: true, State.Events.IsDefault: false } row ? EventsOf(row.State, 0)[0] as WorkflowRunEvent.Started : null;
}
