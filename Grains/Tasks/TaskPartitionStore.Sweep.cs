using OrleansFlow.Errors;
using OrleansFlow.Storage;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Tasks;

/// <content>How tasks that ended long ago are forgotten.</content>
internal sealed partial class TaskPartitionStore
{
    /// <summary>Deletes rows of ended tasks, oldest first. A commit of its own: none other may be under way.</summary>
    /// <param name="endedBeforeUtc">Only rows that were written before it go.</param>
    /// <param name="limit">Most tasks to forget.</param>
    /// <returns>How many were forgotten.</returns>
    public async Task<int> SweepAsync(DateTimeOffset endedBeforeUtc, int limit)
    {
        if (_batch is null && !_isClaimed)
        {
            await ClaimAsync();
        }

        var (first, swept) = (_head.State.FirstEnded, 0);
        var deletes = new List<GrainStateChange>();
        while (first < _head.State.Ended && swept + SegmentTasks <= limit)
        {
            var row = await ReadAsync<TaskImagesRow>(EndedName(first));
            if (!(row.State.MovedUtc < endedBeforeUtc) || !await DeleteArtifactsAsync(row.State))
            {
                break;
            }

            deletes.Add(new GrainStateChange(EndedName(first), typeof(TaskImagesRow), null, row.ETag));
            first++;
            swept += SegmentTasks;
            if (first % IndexSegments == 0)
            {
                var block = (first / IndexSegments) - 1;
                deletes.Add(new GrainStateChange(IndexName(block), typeof(EndedIndexRow), null, (await ReadAsync<EndedIndexRow>(IndexName(block))).ETag));
            }
        }

        if (swept == 0)
        {
            return 0;
        }

        var head = new TaskPartitionHead { Tail = _head.State.Tail, Next = _head.State.Next, Ended = _head.State.Ended, FirstEnded = first };
        if (_batch is { } batch)
        {
            var last = new GrainStateChange(HeadName, typeof(TaskPartitionHead), head, _head.ETag);
            await batch.WriteAsync(_grainText, [.. deletes, last], CancellationToken.None);
            (_head.State, _head.ETag) = (head, last.NextETag!);
        }
        else
        {
            _changes.Clear();
            await WritePlainAsync(head, deletes);
        }

        _index.RemoveBefore(first);
        _lastRead = null;
        return swept;
    }

    /// <summary>A task that completed without a batch wrote none; one that did not complete may have written what was never accepted.</summary>
    private static bool MayHaveFiles(TaskImageRow task) =>
        task.Lease.Batches is { Count: > 0 } || (task.Lease.Attempt > 0 && task.Lease.Status != (int)FlowTaskStatus.Completed);

    /// <summary>Before the tasks are forgotten: afterwards nobody would know of the files.</summary>
    /// <returns>False when a file cannot be deleted now: its task stays until a later sweep.</returns>
    private async Task<bool> DeleteArtifactsAsync(TaskImagesRow row)
    {
        if (_artifacts is not { } artifacts)
        {
            return true;
        }

        try
        {
            foreach (var window in row.Tasks.Where(MayHaveFiles).Chunk(ReadsMax))
            {
                await Task.WhenAll(window.Select(task => artifacts.DeleteAsync(TaskId.Standalone(task.Id), CancellationToken.None).AsTask()));
            }

            return true;
        }
        catch (FlowException)
        {
            return false;
        }
    }
}
