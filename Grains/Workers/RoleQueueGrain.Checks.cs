using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Workers;

/// <content>What the queue asks the owners of tasks that it has handed out.</content>
internal sealed partial class RoleQueueGrain
{
    /// <summary>Asks a task's owner where it stands and files it accordingly.</summary>
    private async Task ResolveAsync(TaskId task)
    {
        if (_assigning.Contains(task))
        {
            // What its owner says now may be from before the lease that is on its way.
            _doubtful.Add(task);
            return;
        }

        var taking = _book.TakingOf(task);
        try
        {
            var view = await GrainFactory.GetGrain<ITaskGrain>(task.Value).GetAsync(CancellationToken.None);
            if (_book.TakingOf(task) != taking)
            {
                // It was handed out since, and what is known of it is older.
                return;
            }

            switch (view?.Status)
            {
                case null or FlowTaskStatus.Completed or FlowTaskStatus.Failed or FlowTaskStatus.Cancelled:
                    Forget(task);
                    break;
                case FlowTaskStatus.Ready:
                    _book.ReadyAgain(task, _clock.GetUtcNow());
                    break;
                case FlowTaskStatus.Pending when IsLimited(task):
                    // Withheld: if it counted, what it waits for could wait for its place. It is enqueued when it is ready again, and what was
                    // asked before that counts no more.
                    Forget(task);
                    break;
                default:
                    // One that is withheld is enqueued when it is ready again; forgetting it could come after that.
                    _book.CheckAt(task, CheckUtc(view));
                    break;
            }
        }
        catch (Exception exception)
        {
            // The next check-up asks again.
            LogCheckFailed(exception, task);
        }
    }

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        var due = _book.TakeDueChecks(_clock.GetUtcNow(), NextCheckUtc(), ChecksMax);
        if (due.Count > 0)
        {
            await Task.WhenAll(due.Select(ResolveAsync));
            Pump();
        }

        if (_unheard.Count > 0)
        {
            await AskPartitionsAsync(cancellationToken);
            Pump();
        }

        CatchUpWithLimits();
        NoteUnserved();
        await _store.TidyAsync();
        await EndReminderIfIdleAsync();
    }

    private void Forget(TaskId task)
    {
        if (_book.Remove(task) is { } segment)
        {
            _store.Removed(segment, task);
        }
    }

    /// <summary>When a task that is not ready is asked for again: soon after its owner means to change it, by this silo's clock or the owner's.</summary>
    private DateTimeOffset CheckUtc(TaskView view)
    {
        var nowUtc = _clock.GetUtcNow();
        if (view.DueUtc is not { } due || due <= nowUtc)
        {
            return NextCheckUtc();
        }

        // The owner's clock may run far ahead.
        var latest = view.Status == FlowTaskStatus.Leased ? NextCheckUtc() : nowUtc + CheckPeriodMax;
        return due + TickPeriod < latest ? due + TickPeriod : latest;
    }

    private DateTimeOffset NextCheckUtc() => _clock.GetUtcNow() + _leases.Duration + TickPeriod;
}
