using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Tasks;

/// <content>What a partition does by itself: offer ready tasks, end what is over, ask for lost holders, tell workers.</content>
internal sealed partial class TaskPartitionGrain
{
    /// <summary>Shortest time between two looks at what is due: many leases end close to each other.</summary>
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(20);

    private readonly Dictionary<string, RoleOffers> _offers = new(StringComparer.Ordinal);
    private readonly PriorityQueue<LiveTask, DateTimeOffset> _backingOff = new();
    private readonly List<LiveTask> _restored = [];
    private readonly HashSet<Task> _telling = [];
    private IGrainTimer? _timer;
    private IGrainTimer? _askTimer;
    private DateTimeOffset _dueUtc = DateTimeOffset.MaxValue;

    /// <summary>A task was read from storage.</summary>
    private void Restore(LiveTask task)
    {
        if (task.Lease.Status == FlowTaskStatus.Leased)
        {
            _leased.Add(task);
        }

        Take(task, new RestoreLease());
        task.Durable = task.Lease;
        switch (task.Lease.Status)
        {
            case FlowTaskStatus.Ready:
                Offer(task);
                break;
            case FlowTaskStatus.BackingOff:
                WakeAt(task, task.Lease.ReadyUtc!.Value);
                break;
            case FlowTaskStatus.Leased:
                // Its holder may have gone with the silo: asked once when workers have had the time to come back.
                task.RestoredEpoch = task.Lease.Epoch;
                _restored.Add(task);
                ArmAt(task.Lease.Holder!.ExpiresUtc);
                break;
        }
    }

    private void BeginUpkeep()
    {
        if (_restored.Count > 0)
        {
            _askTimer = this.RegisterGrainTimer(
                AskHoldersAsync, new GrainTimerCreationOptions(_leases.ServingGrace, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });
        }
    }

    private async Task EndUpkeepAsync()
    {
        await _loop;
        await Task.WhenAll(_offers.Values.Select(offers => offers.Sending));
        await Task.WhenAll(_telling);
    }

    private void Offer(LiveTask task) => OffersOf(task.Submission.Role).Add(Entry(task));

    private void Withdraw(LiveTask task) => OffersOf(task.Submission.Role).Remove(task.Id);

    /// <summary>Completes when the queues of these tasks were told once. One after the other: nothing may go on outside the grain's turns.</summary>
    private async Task OfferedAsync(IReadOnlyList<NewTask> tasks)
    {
        string? role = null;
        foreach (var task in tasks)
        {
            if (task.Submission.Role != role)
            {
                role = task.Submission.Role;
                await OffersOf(role).Tried;
            }
        }
    }

    private RoleOffers OffersOf(string role)
    {
        if (!_offers.TryGetValue(role, out var offers))
        {
            offers = new RoleOffers(
                GrainFactory.GetGrain<IRoleQueueGrain>(role + "/0"), _clock, exception => LogQueueNotTold(exception, this.GetPrimaryKeyString(), role), _stopped);
            _offers.Add(role, offers);
        }

        return offers;
    }

    private void WakeAt(LiveTask task, DateTimeOffset readyUtc)
    {
        _backingOff.Enqueue(task, readyUtc);
        ArmAt(readyUtc);
    }

    private void ArmAt(DateTimeOffset dueUtc)
    {
        if (dueUtc >= _dueUtc || _stopped.IsCancellationRequested)
        {
            return;
        }

        _dueUtc = dueUtc;
        var wait = dueUtc - _clock.GetUtcNow();
        wait = wait > TimeSpan.FromMilliseconds(1) ? wait : TimeSpan.FromMilliseconds(1);
        if (_timer is { } timer)
        {
            timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
        else
        {
            _timer = this.RegisterGrainTimer(OnDueAsync, new GrainTimerCreationOptions(wait, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });
        }
    }

    private async Task OnDueAsync(CancellationToken cancellationToken)
    {
        if (_failure is not null)
        {
            return;
        }

        var nowUtc = _clock.GetUtcNow();
        _dueUtc = DateTimeOffset.MaxValue;
        var passed = new PassTime();
        while (_backingOff.TryPeek(out var waiting, out var readyUtc) && readyUtc <= nowUtc)
        {
            _backingOff.Dequeue();
            Take(waiting, passed);
        }

        var nextUtc = _backingOff.TryPeek(out _, out var laterUtc) ? laterUtc : DateTimeOffset.MaxValue;
        for (var task = _leased.First; task is not null;)
        {
            var next = task.NextLeased;
            var expiresUtc = task.Lease.Holder!.ExpiresUtc;
            if (expiresUtc <= nowUtc)
            {
                Take(task, passed);
            }
            else if (expiresUtc < nextUtc)
            {
                nextUtc = expiresUtc;
            }

            task = next;
        }

        if (nextUtc < DateTimeOffset.MaxValue)
        {
            ArmAt(nextUtc > nowUtc + LookPeriod ? nextUtc : nowUtc + LookPeriod);
        }

        try
        {
            await CommittedAsync();
            await EndReminderIfIdleAsync();
        }
        catch (Errors.FlowException) when (_failure is not null)
        {
            // Logged when the write failed; the next activation reads the tasks again.
        }
    }

    private async Task AskHoldersAsync(CancellationToken cancellationToken)
    {
        var wait = _serving.ServingSinceUtc is { } since ? since + _leases.ServingGrace - _clock.GetUtcNow() : _leases.ServingGrace;
        if (wait > TimeSpan.Zero)
        {
            _askTimer!.Change(wait, Timeout.InfiniteTimeSpan);
            return;
        }

        var unconfirmed = _restored.Where(IsUnconfirmed).ToList();
        _restored.Clear();
        foreach (var held in unconfirmed.GroupBy(task => task.Lease.Holder!.Worker))
        {
            try
            {
                var worker = await GrainFactory.GetGrain<IWorkerGrain>(held.Key.Value).GetAsync(_stopped);
                var leases = worker?.Leases.ToHashSet() ?? [];

                // It may have been renewed or ended while the worker was asked; a lease that is not current is left alone.
                foreach (var task in held.Where(task => IsUnconfirmed(task) && !leases.Contains(new LeaseToken(task.Id, task.RestoredEpoch))))
                {
                    Take(task, new RevokeLease(task.RestoredEpoch, LeaseReasons.ConnectionLost));
                }

                await CommittedAsync();
            }
            catch (Exception exception) when (!_stopped.IsCancellationRequested)
            {
                // Expiry ends the leases if nothing else does.
                LogHolderNotAsked(exception, this.GetPrimaryKeyString(), held.Key);
            }
        }
    }

    private static bool IsUnconfirmed(LiveTask task) =>
        task.RestoredEpoch > 0 && task.Lease is { Status: FlowTaskStatus.Leased, Holder: not null } && task.Lease.Epoch == task.RestoredEpoch;

    private void Send(List<WorkerStop> stops)
    {
        _telling.RemoveWhere(telling => telling.IsCompleted);
        foreach (var worker in stops.GroupBy(stop => stop.Worker))
        {
            _telling.Add(TellAsync(GrainFactory.GetGrain<IWorkerGrain>(worker.Key.Value), [.. worker]));
        }
    }

    /// <summary>Tried once, and never fails: an attempt that does not hear of its lease's end is fenced all the same, and its next heartbeat tells it.</summary>
    private async Task TellAsync(IWorkerGrain worker, List<WorkerStop> stops)
    {
        await Task.Yield();
        foreach (var (id, token, reason) in stops)
        {
            try
            {
                await worker.StopAsync(token, reason, grace: null, _stopped);
            }
            catch (Exception exception)
            {
                LogWorkerNotTold(exception, id, token.TaskId, token.Epoch);
            }
        }
    }
}
