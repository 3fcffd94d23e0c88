using OrleansFlow.Decisions.Queues;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;
using OrleansFlow.Workflows;

namespace OrleansFlow.Grains.Workers;

/// <content>How tasks come into the queue.</content>
internal sealed partial class RoleQueueGrain
{
    /// <summary>Tasks of assignments under way whose runs wait for the lease before they commit what made them ready.</summary>
    private readonly HashSet<TaskId> _early = [];

    public async Task EnqueueAsync(IReadOnlyList<QueueEntry> entries, CancellationToken cancellationToken)
    {
        var fresh = entries.Where(entry => !entry.TaskId.IsStandalone && !_book.IsStored(entry.TaskId)).ToList();

        // Their owners tell of them again after a crash, so they are offered while they are being stored. Not where a limit counts them: after a
        // crash it must know at once of all that may be leased.
        var isEarly = fresh.TrueForAll(entry => !IsCounted(entry));
        if (isEarly)
        {
            FileAll(entries, fresh, []);
        }

        if (fresh.Count > 0)
        {
            var segments = await _store.AppendAsync(fresh, isEarly ? _book.Contains : null);
            await EnsureReminderAsync();
            if (!isEarly)
            {
                FileAll(entries, fresh, segments);
                return;
            }

            for (var index = 0; index < fresh.Count; index++)
            {
                if (segments[index] != NotStored && !_book.TryStore(fresh[index].TaskId, segments[index]))
                {
                    _store.Removed(segments[index], fresh[index].TaskId);
                }
            }
        }
    }

    public Task<IReadOnlyList<TaskId>> OfferAsync(IReadOnlyList<QueueEntry> entries, CancellationToken cancellationToken)
    {
        var fresh = entries.Where(entry => !IsCounted(entry) && !_book.Contains(entry.TaskId)).ToList();
        foreach (var entry in fresh)
        {
            File(entry, NotStored);
            _early.Add(entry.TaskId);
        }

        Pump();
        var taken = fresh.Select(entry => entry.TaskId).Where(_book.IsInFlight).ToArray();
        foreach (var entry in fresh)
        {
            if (!_book.IsInFlight(entry.TaskId))
            {
                _early.Remove(entry.TaskId);
            }
        }

        return Task.FromResult<IReadOnlyList<TaskId>>(taken);
    }

    /// <summary>An assignment is over: the commits of those runs whose tasks it did not lease need not wait for it any longer.</summary>
    private async Task EndEarlyAsync(List<ReadyTask> tasks)
    {
        if (_early.Count == 0)
        {
            return;
        }

        foreach (var run in tasks.Where(task => _early.Remove(task.TaskId)).GroupBy(task => (task.TaskId.RunId, task.TaskId.IsWorkflow)).ToList())
        {
            try
            {
                List<TaskId> ended = [.. run.Select(task => task.TaskId)];
                await (run.Key.IsWorkflow
                    ? GrainFactory.GetGrain<IWorkflowRunGrain>(run.Key.RunId.Value).OfferEndedAsync(ended, CancellationToken.None)
                    : GrainFactory.GetGrain<IGraphRunGrain>(run.Key.RunId.Value).OfferEndedAsync(ended, CancellationToken.None));
            }
            catch (Exception exception)
            {
                // It waits for some milliseconds at most.
                LogCheckFailed(exception, run.First().TaskId);
            }
        }
    }

    private bool IsCounted(QueueEntry entry) => entry.LimitKey is not null || CountsStandalone;

    /// <summary>Makes tasks ready and offers them.</summary>
    private void FileAll(IReadOnlyList<QueueEntry> entries, List<QueueEntry> stored, IReadOnlyList<long> segments)
    {
        var next = 0;
        foreach (var entry in entries)
        {
            File(entry, next < segments.Count && stored[next].TaskId == entry.TaskId ? segments[next++] : NotStored);
        }

        ResolveDoubts();
        Pump();
    }

    /// <summary>Makes a task ready. One that another call, or an earlier life, stored too keeps the segment it has; the other copy is dropped.</summary>
    private void File(QueueEntry entry, long segment)
    {
        TakeKeyIn(entry);
        var kept = IsInDoubt(entry)
            ? _book.SegmentOf(entry.TaskId)
            : _book.MakeReady(entry.TaskId, entry.Priority, entry.ReadyUtc, segment, entry.Needs, entry.Near, entry.LimitKey, entry.Limit);

        // One that was offered before it was stored is known, and has no segment yet.
        if (segment != NotStored && segment != kept && !_book.TryStore(entry.TaskId, segment))
        {
            _store.Removed(segment, entry.TaskId);
        }
    }
}
