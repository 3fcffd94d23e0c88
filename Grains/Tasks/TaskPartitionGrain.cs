using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Storage;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Tasks;

/// <summary>The standalone tasks of a partition: a thin shell around <see cref="LeaseDecider"/>, stored by <see cref="TaskPartitionStore"/>.</summary>
/// <remarks>
/// Re-entrant: a call decides at once on the newest states, stages what changed and waits for the next commit, which holds whatever was staged
/// while the one before was written. Nothing is answered, offered or shown before it is durable. A task costs no activation, no timer and no row of
/// its own; see docs/performance.md for what it does cost. After a failed write the activation ends and the next one reads what is stored.
/// </remarks>
[Reentrant]
internal sealed partial class TaskPartitionGrain : Grain, ITaskPartitionGrain, IRemindable, IDisposable
{
    private readonly LeaseOptions _leases;
    private readonly LimitOptions _limits;
    private readonly bool _hasLimits;
    private readonly SiloServingClock _serving;
    private readonly LeaseClock _clock;
    private readonly ILeaseRules? _rules;
    private readonly ILogger<TaskPartitionGrain> _logger;
    private readonly TaskPartitionStore _store;
    private readonly TaskPolicies _policies;
    private readonly Dictionary<string, LiveTask> _tasks = new(StringComparer.Ordinal);
    private readonly LeasedTasks _leased = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopped;
    private int _openCount;

    public TaskPartitionGrain(
        IServiceProvider services,
        IOptions<LeaseOptions> leases,
        IOptions<LimitOptions> limits,
        SiloServingClock serving,
        LeaseClock clock,
        ILogger<TaskPartitionGrain> logger,
        ILeaseRules? rules = null,
        IStoreGeneration? generation = null)
    {
        _leases = leases.Value;
        _limits = limits.Value;
        _hasLimits = _limits.Total is not null || _limits.EachRole is not null || _limits.Roles.Count > 0;
        _serving = serving;
        _clock = clock;
        _logger = logger;
        _rules = rules;
        _store = new TaskPartitionStore(services, this.GetGrainId());
        _policies = new TaskPolicies(_leases, LeaseEpochs.FloorOf(generation?.Generation ?? 1));
        _stopped = _stopping.Token;
    }

    public void Dispose() => _stopping.Dispose();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        foreach (var task in await StoredState.ReadAsync(this.GetGrainId().ToString(), () => _store.LoadAsync(cancellationToken)))
        {
            _tasks.Add(task.Id.Value, task);
            if (!task.Lease.IsTerminal)
            {
                _openCount++;
                Restore(task);
            }
        }

        BeginUpkeep();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _stopping.CancelInTurn();
        await EndUpkeepAsync();
    }

    public async Task<IReadOnlyList<bool>> SubmitAsync(IReadOnlyList<NewTask> tasks, CancellationToken cancellationToken)
    {
        await EnsureReminderAsync();
        var isNew = new bool[tasks.Count];
        for (var position = 0; position < isNew.Length; position++)
        {
            var (id, submission) = tasks[position];
            TaskSubmissions.Check(id, submission);
            var known = await FindAsync(id);
            isNew[position] = known is null;
            if (known is not null && known.Submission != submission)
            {
                throw new FlowException(FlowErrorCode.AlreadyExists, $"Task '{id}' exists with other content; choose another id.");
            }
        }

        ThrowIfFailed();
        var lease = LeaseDecider.Apply(TaskLease.Pending, new TaskReadied(_clock.GetUtcNow()));
        for (var position = 0; position < isNew.Length; position++)
        {
            // Another call may have brought the same task while this one looked for the others.
            isNew[position] = isNew[position] && !_tasks.ContainsKey(tasks[position].TaskId.Value);
            if (isNew[position])
            {
                var task = new LiveTask(tasks[position].TaskId, tasks[position].Submission) { Lease = lease };
                _tasks.Add(task.Id.Value, task);
                _openCount++;
                Stage(task);
            }
        }

        await CommittedAsync();
        await OfferedAsync(tasks);
        return isNew;
    }

    public async Task<IReadOnlyList<LeaseGrant?>> GrantAsync(
        IReadOnlyList<TaskId> tasks, WorkerId worker, string sessionId, CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        var grants = new LeaseGrant?[tasks.Count];
        var grant = new GrantLease(worker, sessionId);
        for (var position = 0; position < grants.Length; position++)
        {
            if (_tasks.TryGetValue(tasks[position].Value, out var task) && Take(task, grant) is null)
            {
                grants[position] = Grant(task);
            }
        }

        await CommittedAsync();
        return grants;
    }

    public async Task<IReadOnlyList<bool>> RenewAsync(
        IReadOnlyList<LeaseRenewal> leases, WorkerId worker, string sessionId, CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        var stands = new bool[leases.Count];
        var isAnyLost = false;
        for (var position = 0; position < stands.Length; position++)
        {
            var (token, progress) = leases[position];
            if (_tasks.TryGetValue(token.TaskId.Value, out var task) && Take(task, new RenewLease(token.Epoch, worker, sessionId, progress)) is null)
            {
                task.RestoredEpoch = 0;
                stands[position] = true;
            }
            else
            {
                isAnyLost = true;
            }
        }

        if (isAnyLost)
        {
            // What ended the lease must stand before its holder hears of it.
            await CommittedAsync();
        }

        return stands;
    }

    public async Task<IReadOnlyList<EffectReceipt>> ReportBatchesAsync(IReadOnlyList<BatchReport> reports, CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        var receipts = new EffectReceipt[reports.Count];
        for (var position = 0; position < receipts.Length; position++)
        {
            receipts[position] = TaskReports.ToCommand(reports[position]) is { } command
                ? await EffectAsync(reports[position].Token, command)
                : new EffectReceipt(false, LeaseReasons.BadInput);
        }

        await CommittedAsync();
        return receipts;
    }

    public async Task<IReadOnlyList<EffectReceipt>> CompleteAsync(IReadOnlyList<AttemptOutcome> outcomes, CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        var receipts = new EffectReceipt[outcomes.Count];
        for (var position = 0; position < receipts.Length; position++)
        {
            receipts[position] = await EffectAsync(outcomes[position].Token, TaskReports.ToCommand(outcomes[position]));
        }

        await CommittedAsync();
        return receipts;
    }

    public Task RevokeAsync(IReadOnlyList<LeaseToken> tokens, string reason, CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        foreach (var token in tokens)
        {
            if (_tasks.TryGetValue(token.TaskId.Value, out var task))
            {
                Take(task, new RevokeLease(token.Epoch, reason));
            }
        }

        return CommittedAsync();
    }

    public async Task<TaskView> CancelAsync(TaskId task, string reason, CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        var found = await FindAsync(task) ?? throw new FlowException(FlowErrorCode.NotFound, $"There is no task '{task}'.");
        var refused = Take(found, new CancelTask(reason));
        await CommittedAsync();
        return refused is null
            ? View(found)
            : throw new FlowException(FlowErrorCode.AlreadyEnded, $"Task '{task}' has ended ({found.Durable!.Status}); it cannot be cancelled.");
    }

    public async Task<TaskView?> GetAsync(TaskId task, CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        if (await FindAsync(task) is not { } found)
        {
            return null;
        }

        Take(found, new PassTime());
        if (found.IsStaged || found.Durable is null)
        {
            await CommittedAsync();
        }

        return View(found);
    }

    public Task<IReadOnlyList<QueueEntry>> ListReadyAsync(string role, bool withInHand, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<QueueEntry>>(
        [
            .. _tasks.Values.Where(task => task.Submission.Role == role && (task.Durable?.Status == FlowTaskStatus.Ready || (withInHand && task.IsInHand)))
                .Select(task => Entry(task) with { IsInHand = withInHand && task.IsInHand })
                .OrderBy(entry => entry.ReadyUtc).ThenBy(entry => entry.TaskId.Value, StringComparer.Ordinal),
        ]);

    /// <summary>The task in memory, or as it ended.</summary>
    private async ValueTask<LiveTask?> FindAsync(TaskId task) =>
        _tasks.TryGetValue(task.Value, out var found) ? found : await _store.FindEndedAsync(task);

    private async ValueTask<EffectReceipt> EffectAsync(LeaseToken token, LeaseCommand command)
    {
        // One that nobody knows is refused by the same rules as every other, so that a refusal is always counted and seen.
        var task = await FindAsync(token.TaskId) ?? new LiveTask(token.TaskId, TaskSubmissions.Unknown);
        var refused = Take(task, command);
        if (refused is not null)
        {
            LogEffectRefused(token.TaskId, command.GetType().Name, refused);
        }

        return new EffectReceipt(refused is null, refused);
    }

    /// <summary>Whether the queue of a role counts tasks in hand, and so must hear of their ends.</summary>
    private bool CountsInHand(string role) => _hasLimits && (_limits.Total is not null || _limits.OfRole(role) is not null);

    private static TaskView View(LiveTask task) => TaskReports.ToView(task.Id, task.Submission.Role, task.Durable ?? task.Lease);

    private QueueEntry Entry(LiveTask task) =>
        new(task.Id, task.Submission.Priority, task.Durable?.ReadyUtc ?? _clock.GetUtcNow(), TaskSubmissions.NeedsOf(task.Submission));
}
