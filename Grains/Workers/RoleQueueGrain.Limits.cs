using OrleansFlow.Decisions.Limits;
using OrleansFlow.Decisions.Queues;
using OrleansFlow.Limits;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Workers;

/// <content>
/// What counts for a limit, and the queue's parts of the limits that it shares with others. A task counts from the moment in which it is taken until its
/// owner says that it is not in hand: whatever is in doubt is asked for, and counts meanwhile.
/// </content>
internal sealed partial class RoleQueueGrain
{
    private readonly List<TaskId> _doubtful = [];

    /// <summary>Tasks that count and are on their way to a worker.</summary>
    private readonly HashSet<TaskId> _assigning = [];
    private readonly HashSet<string> _reporting = new(StringComparer.Ordinal);
    private long _lastReport;

    private string Role => field ??= this.GetPrimaryKeyString().Split('/')[0];

    /// <summary>Whether standalone tasks in hand count: they have no keys.</summary>
    private bool CountsStandalone => _book.Limit is not null || _limits.Total is not null;

    private void BeginLimits()
    {
        _book.Limit = _limits.OfRole(Role);
        if (_limits.Total is not null)
        {
            _book.Permits = new LimitPermits(hasTotal: true);
        }
    }

    private void TakeKeyIn(QueueEntry entry)
    {
        if (entry.LimitKey is not null)
        {
            _book.Permits ??= new LimitPermits(hasTotal: false);
        }
    }

    private bool IsLimited(TaskId task) => CountsStandalone || (_book.Permits is not null && _book.HasKey(task));

    /// <summary>Whether an entry may be an old one: its task is in hand, and counts until its owner says that it is ready.</summary>
    private bool IsInDoubt(QueueEntry entry)
    {
        if (!IsLimited(entry.TaskId) || !_book.IsInFlight(entry.TaskId))
        {
            return false;
        }

        _book.Renumber(entry.TaskId);
        _doubtful.Add(entry.TaskId);
        return true;
    }

    /// <summary>A task that was not leased, as far as is known: one that counts does so until its owner says the same.</summary>
    private void PutBack(ReadyTask task)
    {
        if (IsLimited(task.TaskId))
        {
            _doubtful.Add(task.TaskId);
        }
        else
        {
            _book.PutBack(task);
        }
    }

    /// <summary>Asks for what is in doubt, but for tasks that are on their way: those are asked for when it is known what became of it.</summary>
    private void ResolveDoubts()
    {
        if (_doubtful.Count > 0 && _doubtful.Exists(task => !_assigning.Contains(task)))
        {
            List<TaskId> doubtful = [.. _doubtful.Where(task => !_assigning.Contains(task)).Distinct()];
            _doubtful.RemoveAll(task => !_assigning.Contains(task));
            _underWay.Add(ResolveAllAsync(doubtful));
        }
    }

    private void BeginAssigning(List<ReadyTask> tasks)
    {
        foreach (var task in tasks)
        {
            if (IsLimited(task.TaskId))
            {
                _assigning.Add(task.TaskId);
            }
        }
    }

    private void EndAssigning(List<ReadyTask> tasks)
    {
        if (_assigning.Count > 0)
        {
            tasks.ForEach(task => _assigning.Remove(task.TaskId));
        }
    }

    private async Task ResolveAllAsync(List<TaskId> tasks)
    {
        await Task.Yield();
        await Task.WhenAll(tasks.Select(ResolveAsync));
        Pump();
    }

    /// <summary>Where standalone tasks count, nothing is handed out before it is known which of them are in hand.</summary>
    private bool MayPump()
    {
        // What somebody who asks for steps could not have is needed until he asks again.
        if (_book.Permits is { } permits && (_workers.ReadyCount > 0 || (_workers.FreeSlots == 0 && _watchers == 0)))
        {
            permits.ForgetNeeds();
        }

        return _unheard.Count == 0 || !CountsStandalone;
    }

    public async Task<LimitReport?> TellLimitAsync(string scope, LimitGrant? grant, CancellationToken cancellationToken)
    {
        if (grant is not null && _book.Permits?.Find(scope) is { } told && told.Adopt(new ShareGrant(grant.Sequence, grant.Allowance, grant.Target, grant.IsOpen)))
        {
            Pump();
            return null;
        }

        var term = await _store.TermAsync();
        if (_unheard.Count > 0 && CountsStandalone)
        {
            return null;
        }

        return ReportOf(scope, (_book.Permits ??= new LimitPermits(hasTotal: false)).Of(scope), term);
    }

    /// <summary>Tells the limits what there is to tell.</summary>
    private void ReportLimits(bool isLate)
    {
        if (_book.Permits is not { } permits || (_unheard.Count > 0 && CountsStandalone))
        {
            return;
        }

        foreach (var scope in permits.Scopes.Where(scope => !_reporting.Contains(scope)).ToList())
        {
            var share = permits.Of(scope);
            var (inHand, wanted, limit) = Demand(scope, share);
            if (share.IsOver && wanted == 0 && !share.IsNeeded)
            {
                permits.Forget(scope);
            }
            else if (share.MustReport(inHand, wanted, limit, isLate))
            {
                _reporting.Add(scope);
                _underWay.Add(ReportLimitAsync(scope, share));
            }
        }
    }

    /// <summary>Once in a while: asks again for what did not come, and gives back what is not used.</summary>
    private void CatchUpWithLimits()
    {
        if (_book.Permits is not null)
        {
            Pump();
            ReportLimits(isLate: true);
        }
    }

    private async Task ReportLimitAsync(string scope, LimitShare share)
    {
        await Task.Yield();
        try
        {
            var report = ReportOf(scope, share, await _store.TermAsync());
            var grant = await GrainFactory.GetGrain<ILimitGrain>(scope).ReportAsync(this.GetPrimaryKeyString(), report, CancellationToken.None);
            share.Adopt(new ShareGrant(grant.Sequence, grant.Allowance, grant.Target, grant.IsOpen));
            _reporting.Remove(scope);
            Pump();
        }
        catch (Exception exception)
        {
            // The next tick reports again.
            _reporting.Remove(scope);
            LogLimitNotTold(exception, this.GetPrimaryKeyString(), scope);
        }
    }

    private LimitReport ReportOf(string scope, LimitShare share, long term)
    {
        // In one turn with what it counts.
        var (inHand, wanted, limit) = Demand(scope, share);
        var report = share.Report((term << 32) + ++_lastReport, inHand, wanted, limit);
        return new LimitReport(report.Sequence, report.Most, report.Wanted, report.Limit);
    }

    private (int InHand, int Wanted, int Limit) Demand(string scope, LimitShare share) => _book.DemandOf(scope, share.IsNeeded, _workers.FreeSlots);

    /// <summary>The limit that keeps all tasks of the role waiting, for people.</summary>
    private string? LimitReached() =>
        _book.ReadyCount == 0 ? null
        : _book.Limit is { } limit && _book.InFlightCount >= limit ? $"{limit} of role '{Role}' at once"
        : _limits.Total is { } total && _book.Permits?.Find(LimitScopes.All)?.IsWaiting == true ? $"{total} of all roles at once"
        : null;
}
