using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <content>What time does to a run: leases that end, waits that are over, and the rest of a run that has nothing to do.</content>
internal sealed partial class WorkflowRunGrain
{
    /// <summary>A run that waits no longer than this stays where it is; one that waits longer is the index's to wake.</summary>
    private static readonly TimeSpan ShortWait = TimeSpan.FromSeconds(5);

    /// <summary>After this the timer of a run that stays in memory looks again.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    /// <summary>A run whose items wait for workers is its queues' to find; so often it is asked all the same.</summary>
    private static readonly TimeSpan AskedAgainAfter = TimeSpan.FromHours(1);

    /// <summary>Leases that stood when the run was read from storage and were not renewed since, with their epoch.</summary>
    private SortedDictionary<long, long>? _restored;

    private IGrainTimer? _timer;
    private DateTimeOffset? _armedUtc;
    private DateTimeOffset? _askUtc;
    private bool _isParked;

    /// <summary>True when the index has asked and nothing has happened since: nobody does anything with this run.</summary>
    private bool _isAsked;

    private int _watchers;

    /// <summary>Calls that wait for what a worker says. It would say it to the next activation, and this one would wait for those calls before it ends.</summary>
    private int _askers;

    /// <summary>True when nothing is pending or with a worker.</summary>
    private static bool IsIdle(WorkflowRunState state) => state.IsFinal || state.Status == WorkflowRunStatus.Paused
        ? state.LaneTop == 0
        : state.LaneTop == 0 && state.Pending.IsEmpty;

    /// <summary>After activation from storage: looks after the leases that stand, offers what is pending, and delivers what is owed.</summary>
    private void TakeUp(WorkflowRunState state)
    {
        if (state.IsFinal && state.Owed.IsEmpty)
        {
            return;
        }

        var nowUtc = _clock.GetUtcNow();
        foreach (var item in state.LaneTop == 0 ? [] : state.Items.Values.Where(item => item.Status == WorkItemStatus.InProgress))
        {
            // Renewals are not stored: what was left of the lease is not known, so it stands for its whole time.
            _leases[item.Id] = new StepLease(item.Epoch, new WorkerId(item.Worker ?? ""), nowUtc + _leaseOptions.Duration, 0);
            (_restored ??= [])[item.Id] = item.Epoch;
        }

        // Whether the index knows it as one that goes on is not known; before it does it says so. One that rests says nothing: at worst it is asked for later.
        _isParked = state.LaneTop == 0;
        _owesNews = !_isParked;
        if (_restored is not null)
        {
            _askUtc = AskTime();
            Arm(_askUtc);
            Arm(nowUtc + _leaseOptions.Duration);
        }

        if (state.Status == WorkflowRunStatus.Running)
        {
            _ready.AddRange(state.Pending);
            OweReady(state);
        }

        if (state.NextDueUtc is { } due && due - nowUtc <= ShortWait)
        {
            Arm(due);
        }

        Deliver();
    }

    /// <summary>
    /// True when all that can be done waits for workers, and the queues have it on disk: they ask for the run when a worker comes, also after a crash.
    /// </summary>
    private bool IsQueued(WorkflowRunState state) =>
        state is { Status: WorkflowRunStatus.Running, LaneTop: 0, Pending.IsEmpty: false }
        && _ready.Count == 0 && _owedToQueues is null or { Count: 0 } && _stored?.Count >= state.Pending.Count && state.Pending.All(_stored.Contains);

    /// <summary>A run that only waits, and for long, need not be in memory: the index wakes it, or its queues.</summary>
    private void ParkIfIdle(WorkflowRunState state)
    {
        if (_isParked || !ReferenceEquals(state, _pump!.Tentative) || !(IsIdle(state) || (_isAsked && IsQueued(state))) || _leases.Count > 0 || !state.Owed.IsEmpty)
        {
            return;
        }

        if (state.NextDueUtc is { } due && due - _clock.GetUtcNow() <= ShortWait)
        {
            return;
        }

        _isParked = true;
        _owesNews = true;
        _timer?.Dispose();
        (_timer, _armedUtc) = (null, null);
    }

    /// <summary>Makes the one timer fire no later than <paramref name="dueUtc"/>. A renewal is noticed when it fires, not before.</summary>
    private void Arm(DateTimeOffset? dueUtc)
    {
        if (dueUtc is not { } due || _armedUtc <= due)
        {
            return;
        }

        // Timers end at 49 days; one that fires too early sets itself anew.
        var nowUtc = _clock.GetUtcNow();
        due = due - nowUtc < LongestWait ? due : nowUtc + LongestWait;
        if (_armedUtc <= due)
        {
            return;
        }

        var wait = due - nowUtc;
        _timer?.Dispose();
        _timer = this.RegisterGrainTimer(
            OnTimerAsync,
            new GrainTimerCreationOptions(wait > TimeSpan.Zero ? wait : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });
        _armedUtc = due;
    }

    private async Task OnTimerAsync(CancellationToken cancellationToken)
    {
        _armedUtc = null;
        try
        {
            if (_askUtc <= _clock.GetUtcNow())
            {
                _askUtc = AskTime();
                if (_askUtc <= _clock.GetUtcNow())
                {
                    _askUtc = null;

                    // Not the timer's token: a grant meanwhile may set the timer anew, and that cancels it.
                    await AskHoldersAsync(_stopped);
                }
            }

            await PassTimeAsync();
        }
        catch (FlowException) when (_pump?.Failure is not null)
        {
            // Logged when the write failed; the next activation reads the log again.
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
            // The activation ends; the next one looks after the time.
        }
    }

    /// <summary>Ends leases whose time is over, lets go on what is due, and sets the timer to what comes next.</summary>
    private async Task PassTimeAsync()
    {
        if (_pump is not { } pump || pump.Tentative.Status == WorkflowRunStatus.None)
        {
            return;
        }

        var nowUtc = _clock.GetUtcNow();
        var turn = new WorkflowRunTurn(pump.Tentative);
        foreach (var (item, lease) in _leases.Where(lease => lease.Value.ExpiresUtc <= nowUtc).OrderBy(lease => lease.Key).ToList())
        {
            Lose(turn, item, lease.Epoch, "lease_expired");
            OweStop(lease.Worker, new LeaseToken(TaskId.OfWorkflow(_id, item), lease.Epoch), LeaseLost);
        }

        ExpireQueries(nowUtc);
        turn.Do(new WorkflowCommand.Tick(), nowUtc);
        var committed = StageAsync(turn);
        if (!_isParked)
        {
            foreach (var lease in _leases.Values)
            {
                Arm(lease.ExpiresUtc);
            }

            Arm(_askUtc);
            Arm(pump.Tentative.NextDueUtc);
        }

        await committed;
        ParkIfIdle(pump.Committed);
        Deliver();
    }

    private DateTimeOffset AskTime() => (_serving.ServingSinceUtc ?? _clock.GetUtcNow()) + _leaseOptions.ServingGrace;

    /// <summary>Workers had the time to come back: a restored lease that no session holds is revoked.</summary>
    private async Task AskHoldersAsync(CancellationToken cancellationToken)
    {
        var holders = (_restored ?? []).Where(lease => _leases.ContainsKey(lease.Key)).GroupBy(lease => _leases[lease.Key].Worker).ToList();
        await Task.WhenAll(holders.Select(holder => AskHolderAsync(holder.Key, [.. holder], cancellationToken)));
        _restored = null;
    }

    private async Task AskHolderAsync(WorkerId worker, IReadOnlyList<KeyValuePair<long, long>> leases, CancellationToken cancellationToken)
    {
        try
        {
            var view = worker.IsDefault ? null : await GrainFactory.GetGrain<IWorkerGrain>(worker.Value).GetAsync(cancellationToken);
            if (view is null && !worker.IsDefault)
            {
                // A worker of a store, which never has a session: it renews its lease, or the lease expires.
                return;
            }

            var held = view?.Leases.ToHashSet() ?? [];
            var turn = new WorkflowRunTurn(_pump!.Tentative);
            foreach (var (item, epoch) in leases)
            {
                // Renewed, while the worker was asked, means alive.
                if (_restored?.ContainsKey(item) == true && !held.Contains(new LeaseToken(TaskId.OfWorkflow(_id, item), epoch)))
                {
                    Lose(turn, item, epoch, "connection_lost");
                }
            }

            await StageAsync(turn);
        }
        catch (Exception exception) when (_pump?.Failure is null && !cancellationToken.IsCancellationRequested)
        {
            // Expiry ends the leases if nothing else does.
            LogHolderNotAsked(exception, _id, worker);
        }
    }
}
