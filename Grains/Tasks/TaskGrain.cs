using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Graphs;
using OrleansFlow.Storage;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Tasks;

/// <summary>A leased task: the owner of a standalone one, the face of a run's. A thin shell around <see cref="LeaseDecider"/>.</summary>
/// <remarks>
/// Re-entrant: while a write is under way further calls decide on the tentative state and share the next write (<see cref="CommitPump{TState,TEvent}"/>).
/// A task that has ended leaves memory as soon as its queue knows, so that memory does not grow with the number of tasks.
/// </remarks>
[Reentrant]
internal sealed partial class TaskGrain : Grain, ITaskGrain, IDisposable
{
    private readonly IPersistentState<TaskRow> _row;
    private readonly LeaseOptions _leases;
    private readonly SiloServingClock _serving;
    private readonly LeaseClock _clock;
    private readonly ILeaseRules? _rules;
    private readonly IStoreGeneration? _generation;
    private readonly ILogger<TaskGrain> _logger;
    private readonly CommitSignal _signal = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopped;
    private CommitPump<TaskGrainState, LeaseEvent> _pump = null!;
    private TaskId _id;
    private IGraphRunGrain? _run;
    private int _watcherCount;

    public TaskGrain(
        [PersistentState("task", FlowGrainStorage.Name)] IPersistentState<TaskRow> row,
        IOptions<LeaseOptions> leases,
        SiloServingClock serving,
        LeaseClock clock,
        ILogger<TaskGrain> logger,
        ILeaseRules? rules = null,
        IStoreGeneration? generation = null)
    {
        _row = row;
        _leases = leases.Value;
        _serving = serving;
        _clock = clock;
        _logger = logger;
        _rules = rules;
        _generation = generation;
        _stopped = _stopping.Token;
    }

    public void Dispose() => _stopping.Dispose();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _id = TaskId.Parse(this.GetPrimaryKeyString());
        if (!_id.IsStandalone)
        {
            _run = GrainFactory.GetGrain<IGraphRunGrain>(_id.RunId.Value);
            return Task.CompletedTask;
        }

        var state = _row.RecordExists ? StoredState.Convert(this.GetGrainId().ToString(), "task", _row.State.ToState) : new TaskGrainState(null, TaskLease.Pending);
        if (state.Submission is not null)
        {
            var restored = Decide(state, new RestoreLease());
            state = state with { Lease = LeaseDecider.Apply(state.Lease, restored.Events) };
        }

        _pump = new CommitPump<TaskGrainState, LeaseEvent>(state, WriteAsync, OnCommitted, OnFailed);
        Resume(state);
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _stopping.CancelInTurn();
        if (_run is null)
        {
            await _pump.WhenIdleAsync();
            await _delivery;
        }
    }

    public async Task<bool> SubmitAsync(TaskSubmission submission, CancellationToken cancellationToken)
    {
        Check(submission);
        var known = _pump.Tentative.Submission;
        if (known is not null && known != submission)
        {
            throw new FlowException(FlowErrorCode.AlreadyExists, $"Task '{_id}' exists with other content; choose another id.");
        }

        var nowUtc = _clock.GetUtcNow();
        if (known is null)
        {
            var state = new TaskGrainState(submission, LeaseDecider.Apply(TaskLease.Pending, new TaskReadied(nowUtc)));
            await _pump.StageAsync(state, []);
        }
        else
        {
            await _pump.FlushAsync();
        }

        // Also when it was known: the call before this one may have failed between row and queue.
        if (_pump.Committed is { Lease: { Status: FlowTaskStatus.Ready } lease })
        {
            await Queue(submission.Role).EnqueueAsync([Entry(submission, lease)], cancellationToken);
        }

        return known is null;
    }

    public async Task<LeaseGrant?> GrantAsync(WorkerId worker, string sessionId, CancellationToken cancellationToken)
    {
        if (_run is not null)
        {
            return await _run.GrantAsync(_id, worker, sessionId, cancellationToken);
        }

        if (_pump.Tentative.Submission is not { } submission)
        {
            DeactivateOnIdle();
            return null;
        }

        var (decision, committed) = Take(new GrantLease(worker, sessionId));
        var lease = _pump.Tentative.Lease;
        await committed;
        return decision.IsAccepted ? Grant(submission, lease) : null;
    }

    public async Task<bool> RenewAsync(LeaseToken token, WorkerId worker, string sessionId, double? progress, CancellationToken cancellationToken)
    {
        if (_run is not null)
        {
            return await _run.RenewAsync(token, worker, sessionId, progress, cancellationToken);
        }

        var (decision, committed) = Take(new RenewLease(token.Epoch, worker, sessionId, progress));
        if (decision.IsAccepted)
        {
            _restoredEpoch = 0;
            return true;
        }

        await committed;
        return false;
    }

    public async Task<EffectReceipt> ReportBatchAsync(BatchReport report, CancellationToken cancellationToken) => _run is not null
        ? await _run.ReportBatchAsync(report, cancellationToken)
        : TaskReports.ToCommand(report) is { } command ? await EffectAsync(command) : new EffectReceipt(false, LeaseReasons.BadInput);

    public async Task<EffectReceipt> CompleteAsync(AttemptOutcome outcome, CancellationToken cancellationToken) => _run is not null
        ? await _run.CompleteAsync(outcome, cancellationToken)
        : await EffectAsync(TaskReports.ToCommand(outcome));

    public Task RevokeAsync(LeaseToken token, string reason, CancellationToken cancellationToken) => _run is not null
        ? _run.RevokeAsync(token, reason, cancellationToken)
        : Take(new RevokeLease(token.Epoch, reason)).Committed;

    public async Task<TaskView> CancelAsync(string reason, CancellationToken cancellationToken)
    {
        if (_run is not null)
        {
            throw new FlowException(FlowErrorCode.Unsupported, $"Task '{_id}' belongs to run '{_id.RunId}'; cancel the run.");
        }

        if (_pump.Tentative.Submission is null)
        {
            throw new FlowException(FlowErrorCode.NotFound, $"There is no task '{_id}'.");
        }

        var (decision, committed) = Take(new CancelTask(reason));
        await committed;
        return decision.IsAccepted
            ? View()
            : throw new FlowException(FlowErrorCode.AlreadyEnded, $"Task '{_id}' has ended ({_pump.Committed.Lease.Status}); it cannot be cancelled.");
    }

    public async Task<TaskView?> GetAsync(CancellationToken cancellationToken)
    {
        if (_run is not null)
        {
            return await _run.GetTaskAsync(_id, cancellationToken);
        }

        if (_pump.Tentative.Submission is not null)
        {
            await Take(new PassTime()).Committed;
        }

        LeaveIfDone();
        return _pump.Committed.Submission is null ? null : View();
    }

    public async IAsyncEnumerable<TaskView> WatchEndAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_run is not null)
        {
            await foreach (var change in _run.WatchAsync(cancellationToken))
            {
                if (change.Snapshot is null && change.Run is null && change.Task?.TaskId != _id)
                {
                    continue;
                }

                if (await _run.GetTaskAsync(_id, cancellationToken) is { Status: FlowTaskStatus.Completed or FlowTaskStatus.Failed or FlowTaskStatus.Cancelled } ended)
                {
                    yield return ended;
                    yield break;
                }
            }

            yield break;
        }

        if (_pump.Committed.Submission is null)
        {
            throw new FlowException(FlowErrorCode.NotFound, $"There is no task '{_id}'.");
        }

        _watcherCount++;
        try
        {
            while (!_pump.Committed.Lease.IsTerminal)
            {
                await _signal.WaitAsync(cancellationToken);
            }

            yield return View();
        }
        finally
        {
            _watcherCount--;
            LeaveIfDone();
        }
    }
}
