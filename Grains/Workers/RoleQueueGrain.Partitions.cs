using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Workers;

/// <content>Where the standalone tasks of a queue come from when it is activated.</content>
internal sealed partial class RoleQueueGrain
{
    /// <summary>Partitions that were not asked since the activation.</summary>
    private IReadOnlyList<string> _unheard = TaskPartitions.Keys;

    /// <summary>Files the standalone tasks that wait for this role.</summary>
    private async Task AskPartitionsAsync(CancellationToken cancellationToken)
    {
        var role = this.GetPrimaryKeyString().Split('/')[0];
        var unheard = await Task.WhenAll(_unheard.Select(async key =>
        {
            try
            {
                foreach (var entry in await GrainFactory.GetGrain<ITaskPartitionGrain>(key).ListReadyAsync(role, CountsStandalone, cancellationToken))
                {
                    _book.MakeReady(entry.TaskId, entry.Priority, entry.ReadyUtc, NotStored, entry.Needs, entry.Near);
                    if (entry.IsInHand)
                    {
                        _book.Hold(entry.TaskId, NextCheckUtc());
                    }
                }

                return null;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // The next tick asks again; one partition that cannot be read must not keep the others' tasks waiting.
                LogPartitionNotAsked(exception, key, role);
                return key;
            }
        }));
        _unheard = [.. unheard.OfType<string>()];
    }
}
