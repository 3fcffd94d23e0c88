using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using OrleansFlow.Decisions.Queues;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Workers;

/// <summary>A role's queue: a thin shell around <see cref="ReadyBook"/> and <see cref="WaitingWorkers"/>, stored by <see cref="QueueStore"/>.</summary>
/// <remarks>
/// Re-entrant: entries arrive while assignments to several workers are under way; an entry is part of one assignment at a time, and a worker
/// gets one at a time. After a restart every stored entry is offered again; whose task is not ready is resolved by asking its owner.
/// Standalone tasks are not stored here and leave the book with their lease: their partitions know which are ready, offer them whenever they
/// become so, and are asked for them when the queue is activated.
/// </remarks>
[Reentrant]
internal sealed partial class RoleQueueGrain : Grain, IRoleQueueGrain, IRemindable
{
    /// <summary>Most tasks of one assignment: enough to share a commit, few enough that the rest can go to another worker meanwhile.</summary>
    private const int AssignMax = 256;

    /// <summary>Most check-ups of one tick.</summary>
    private const int ChecksMax = 1_000;

    /// <summary>Ticks without an entry after which the reminder ends.</summary>
    private const int IdleTicks = 120;

    /// <summary>Ticks between two looks for tasks that nobody can run, and how long they must have waited.</summary>
    private const int NoteTicks = 10;

    private const long NotStored = 0;
    private const string ReminderName = "queue";
    private static readonly TimeSpan TickPeriod = TimeSpan.FromSeconds(1);

    /// <summary>Longest time until the owner of a task that backs off is asked again.</summary>
    private static readonly TimeSpan CheckPeriodMax = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);

    private readonly QueueStore _store;
    private readonly LeaseOptions _leases;
    private readonly LimitOptions _limits;
    private readonly LeaseClock _clock;
    private readonly ILogger<RoleQueueGrain> _logger;
    private readonly ReadyBook _book = new();
    private readonly WaitingWorkers _workers = new();
    private readonly HashSet<Task> _underWay = [];
    private readonly HashSet<string> _noted = new(StringComparer.Ordinal);
    private bool _hasReminder;
    private int _ticksToNote;
    private int _emptyTicks;

    public RoleQueueGrain(IServiceProvider services, IOptions<LeaseOptions> leases, IOptions<LimitOptions> limits, LeaseClock clock, ILogger<RoleQueueGrain> logger)
    {
        _store = new QueueStore(services, DeactivateOnIdle);
        _leases = leases.Value;
        _limits = limits.Value;
        _clock = clock;
        _logger = logger;
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        BeginLimits();
        await foreach (var (entry, segment) in _store.LoadAsync(this.GetGrainId(), cancellationToken))
        {
            File(entry, segment);
            if (IsLimited(entry.TaskId))
            {
                // Whether it is leased its owner knows; until then it counts.
                _book.Hold(entry.TaskId, _clock.GetUtcNow());
            }
        }

        await AskPartitionsAsync(cancellationToken);
        this.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions(TickPeriod, TickPeriod) { Interleave = true });
        if (_book.Count > 0)
        {
            var key = this.GetPrimaryKeyString();
            LogLoaded(key, _book.Count);
        }
    }

    public Task RemoveAsync(IReadOnlyList<TaskId> tasks, CancellationToken cancellationToken)
    {
        foreach (var task in tasks)
        {
            Forget(task);
        }

        // A limit may have room again.
        Pump();
        return Task.CompletedTask;
    }

    public Task AnnounceAsync(CancellationToken cancellationToken) => _store.MarkKnownAsync();

    public async Task SetAvailableAsync(WorkerId worker, int freeSlots, string? traits, CancellationToken cancellationToken)
    {
        await _store.MarkKnownAsync();
        _workers.SetFree(worker, freeSlots, traits);
        Pump();
    }

    public Task LeaveAsync(WorkerId worker, CancellationToken cancellationToken)
    {
        _workers.Remove(worker);
        return Task.CompletedTask;
    }

    public Task<RoleQueueStatus> GetStatusAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new RoleQueueStatus(
            _store.IsKnown, _book.ReadyCount, _book.InFlightCount, _workers.Count + _watchers, _book.OldestReadyUtc, Unserved(), _workers.FreeSlots,
            LimitReached(), _book.FullKeys() is { Count: > 0 } full ? full : null));

    /// <summary>The activation was what the reminder is for: it has loaded the entries. What is due is checked at once.</summary>
    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        _hasReminder = true;
        return TickAsync(CancellationToken.None);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await Task.WhenAll(_underWay);
        await _store.TidyAsync();
    }

    /// <summary>Starts an assignment for every worker that has room, as long as there are ready tasks.</summary>
    private void Pump()
    {
        if (!MayPump())
        {
            return;
        }

        while (_book.ReadyCount > 0 && _workers.TryBegin(out var worker, out var freeSlots, _book))
        {
            var taken = new List<ReadyTask>();
            _book.Take(Math.Min(freeSlots, ShareOf(_workers.ReadyCount + 1)), NextCheckUtc(), taken, worker, _workers);
            var assignment = AssignAsync(worker, taken);
            if (!assignment.IsCompleted)
            {
                _underWay.Add(assignment);
            }
        }

        _underWay.RemoveWhere(assignment => assignment.IsCompleted);
        ReportLimits(isLate: false);
        TellWatchers();
    }

    /// <summary>How many tasks one worker gets at once, so that a few are spread over all that have room, and many share a commit.</summary>
    private int ShareOf(int workers) => Math.Clamp((_book.ReadyCount + workers - 1) / workers, 1, AssignMax);

    private async Task AssignAsync(WorkerId worker, List<ReadyTask> tasks)
    {
        BeginAssigning(tasks);

        // Leave the caller's turn first: whoever enqueued must not wait for grants.
        await Task.Yield();
        int? freeSlots = null;
        try
        {
            var receipt = await GrainFactory.GetGrain<IWorkerGrain>(worker.Value)
                .AssignAsync([.. tasks.Select(task => new QueueEntry(task.TaskId, task.Priority, task.ReadyUtc))], CancellationToken.None);
            freeSlots = receipt.FreeSlots;
            _early.ExceptWith(receipt.Taken);
            EndAssigning(tasks);
            var settled = receipt.Taken.Concat(receipt.NotReady).ToHashSet();
            foreach (var task in tasks)
            {
                if (!settled.Contains(task.TaskId))
                {
                    PutBack(task);
                }
                else if (task.TaskId.IsStandalone && !CountsStandalone)
                {
                    _book.Drop(task);
                }
            }

            await Task.WhenAll(receipt.NotReady.Where(task => !task.IsStandalone || CountsStandalone).Select(ResolveAsync));
        }
        catch (Exception exception)
        {
            LogAssignmentFailed(exception, worker, tasks.Count);
            EndAssigning(tasks);
            tasks.ForEach(PutBack);
        }

        await EndEarlyAsync(tasks);
        ResolveDoubts();
        _workers.End(worker, freeSlots);
        Pump();
    }
}
