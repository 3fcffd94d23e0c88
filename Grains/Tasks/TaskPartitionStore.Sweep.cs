using OrleansFlow.Storage;

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
            if (!(row.State.MovedUtc < endedBeforeUtc))
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
}
