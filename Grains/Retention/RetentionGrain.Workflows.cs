using System.Globalization;
using System.Runtime.CompilerServices;
using OrleansFlow.Decisions.Retention;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Retention;

/// <content>Runs of workflows.</content>
internal sealed partial class RetentionGrain
{
    private static readonly WorkflowFilter EndedWorkflows = new()
    {
        Statuses = [WorkflowRunStatus.Completed, WorkflowRunStatus.Failed, WorkflowRunStatus.Cancelled], OldestFirst = true,
    };

    private static EndedRun ToEnded(WorkflowLine line) => new(line.StartedUtc, line.EndedUtc ?? DateTimeOffset.MaxValue, ArtifactBytes: 0);

    private async Task<bool> TryDeleteAsync(WorkflowLine line, CancellationToken cancellationToken)
    {
        try
        {
            if (!await GrainFactory.GetGrain<IWorkflowRunGrain>(line.Run.Value).DeleteAsync(cancellationToken))
            {
                // A deletion that was cut off may have left its line.
                await GrainFactory.GetGrain<IWorkflowIndexGrain>(WorkflowShards.KeyOf(line.Run)).RemoveAsync(line.Run, line.StartedUtc, cancellationToken);
            }

            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // One run that cannot be deleted must not keep every other one.
            LogNotDeleted(exception, line.Run);
            return false;
        }
    }

    private IAsyncEnumerable<WorkflowLine> OldestWorkflowsFirstAsync(CancellationToken cancellationToken) => Shards.MergeAsync(
        Enumerable.Range(0, IWorkflowIndexGrain.ShardCount).Select(shard => WorkflowShardAsync(shard, cancellationToken)),
        static line => (line.StartedUtc, line.Run.Value),
        cancellationToken);

    private async IAsyncEnumerable<WorkflowLine> WorkflowShardAsync(int shard, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var index = GrainFactory.GetGrain<IWorkflowIndexGrain>(shard.ToString(CultureInfo.InvariantCulture));
        WorkflowPlace? after = null;
        while (true)
        {
            var page = await index.ListAsync(EndedWorkflows, after, PageSize, cancellationToken);
            foreach (var line in page)
            {
                after = new WorkflowPlace(line.StartedUtc, line.Run);
                yield return line;
            }

            if (page.Count < PageSize)
            {
                yield break;
            }
        }
    }
}
