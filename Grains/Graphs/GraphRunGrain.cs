using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using OrleansFlow.Artifacts;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Grains.Events;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Grains.Tasks;
using OrleansFlow.Graphs;
using OrleansFlow.Storage;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Graphs;

/// <summary>One run: a thin shell around <see cref="GraphRunDecider"/>.</summary>
/// <remarks>
/// Re-entrant. 1. A call decides at once, inside its turn, on the newest state. 2. <see cref="CommitPump{TState,TEvent}"/> writes what has
/// gathered. 3. After the write the outbox, the watchers and the readers learn of it and the callers are answered. A crash before 2 loses
/// only what nobody was told; after 2 the next activation finds in the state what is still owed. The run's reminder makes sure that there is one.
/// </remarks>
[Reentrant]
internal sealed partial class GraphRunGrain : Grain, IGraphRunGrain, IRemindable, IDisposable
{
    private readonly GraphRunStore _store;
    private readonly GraphPlans _plans;
    private readonly LeaseOptions _leases;
    private readonly SiloServingClock _serving;
    private readonly LeaseClock _clock;
    private readonly ILeaseRules? _rules;
    private readonly IStoreGeneration? _generation;
    private readonly ILogger<GraphRunGrain> _logger;
    private readonly CommitSignal _signal = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopped;
    private CommitPump<GraphRunState, GraphRunEvent> _pump = null!;
    private RunWatchers _watchers = null!;
    private RunOutbox _outbox = null!;
    private RunId _id;
    private RunSubmission? _submission;
    private bool _settled;

    public GraphRunGrain(
        IServiceProvider services,
        GraphPlans plans,
        IOptions<LeaseOptions> leases,
        SiloServingClock serving,
        LeaseClock clock,
        ILogger<GraphRunGrain> logger,
        ILeaseRules? rules = null,
        IStoreGeneration? generation = null)
    {
        _store = new GraphRunStore(services);
        _plans = plans;
        _artifacts = services.GetService<IArtifactStore>();
        _events = services.GetService<FlowEvents>();
        _leases = leases.Value;
        _serving = serving;
        _clock = clock;
        _logger = logger;
        _rules = rules;
        _generation = generation;
        _stopped = _stopping.Token;
    }

    public void Dispose() => _stopping.Dispose();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _id = new RunId(this.GetPrimaryKeyString());
        _outbox = new RunOutbox(GrainFactory, _clock, exception => LogDeliveryFailed(exception, _id), RefuseChildAsync, command => Take(command).Committed);
        var state = (await StoredState.ReadAsync(this.GetGrainId().ToString(), () => _store.LoadAsync(this.GetGrainId(), GrainContext.ActivationId.ToString(), _id))) with
        {
            EpochFloor = Math.Max(LeaseEpochs.FloorOf(_generation?.Generation ?? 1), _store.LastEpoch),
            LeaseRules = _leases,
            ChangedUtc = _clock.GetUtcNow(),
        };
        if (_store.IsDeleting)
        {
            await StoredState.ReadAsync(this.GetGrainId().ToString(), () => FinishDeletionAsync(cancellationToken));
        }

        if (state.Exists)
        {
            _submission = _store.Submission;
            _settled = _store.IsSettled;
            _outbox.Parent = _submission?.Parent ?? default;
            state = GraphRunDecider.Decide(state, new RestoreRun(), _leases.Duration, _clock.GetUtcNow(), _rules).State;
        }

        _pump = new CommitPump<GraphRunState, GraphRunEvent>(state, WriteAsync, OnCommitted, OnFailed, OfferEarlyAsync);
        _watchers = new RunWatchers(() => RunViews.Run(_pump.Committed, _pump.Tentative.RefusedEffects, withNodes: true), _clock);
        StartFacts();
        if (state.Exists && !_settled)
        {
            Resume(state);
        }
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _stopping.CancelInTurn();
        await _pump.WhenIdleAsync();
        await _offering;
        await _delivery;
        await (_facts?.Publishing ?? Task.CompletedTask);
    }

    public async Task<bool> SubmitAsync(RunSubmission submission, CancellationToken cancellationToken)
    {
        var plan = _plans.Parse(submission.DocumentJson, submission.Files).RequirePlan();

        if (_submission is { } known && known.Parent != submission.Parent)
        {
            throw new FlowException(FlowErrorCode.AlreadyExists, $"Run '{_id}' exists and {(known.Parent.IsDefault ? "belongs to no other run" : $"is task '{known.Parent}'")}; choose another run id.");
        }

        // Beside the run's own write, so that both share one commit. Of a run whose reminder did not come to be nobody was told that it exists.
        var reminder = BeginReminderAsync();
        GraphRunDecision decision;
        try
        {
            (decision, var committed) = Take(new SubmitRun(_id, plan));
            if (!decision.Events.IsEmpty)
            {
                _submission = submission;
                _outbox.Parent = submission.Parent;
            }

            // One after the other: what combines tasks would see the end of the commit on the thread pool, outside the grain's turns.
            await committed;
        }
        catch
        {
            try
            {
                await reminder;
            }
            catch (Exception)
            {
                // It must not hide why the run was not accepted.
            }

            throw;
        }

        await reminder;
        return decision.IsAccepted
            ? !decision.Events.IsEmpty
            : throw new FlowException(FlowErrorCode.AlreadyExists, submission.IdempotencyKey is { } key
                ? $"Idempotency key '{key}' stands for run '{_id}', which has another document; use another key for another document."
                : $"Run '{_id}' exists with another document; choose another run id.");
    }

    public Task<RunView?> GetAsync(CancellationToken cancellationToken)
    {
        _pump.ThrowIfFailed();
        return Task.FromResult(_pump.Committed.Exists && !_isDeleted ? View() : null);
    }

    public Task<NodePage> GetNodesAsync(int begin, int limit, IReadOnlyList<RunStatus> statuses, CancellationToken cancellationToken)
    {
        RequireRun();
        ArgumentOutOfRangeException.ThrowIfNegative(begin);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, RunView.ShownNodesMax);
        return Task.FromResult(_pump.Committed.Exists ? RunViews.Nodes(_pump.Committed, begin, limit, statuses) : new NodePage { Nodes = [] });
    }

    public Task<NodeView?> GetNodeAsync(string node, CancellationToken cancellationToken)
    {
        RequireRun();
        return Task.FromResult(_pump.Committed.Plan?.Find(node) is { } found ? RunViews.Node(_pump.Committed, found.Index, withTasks: false) : null);
    }

    public async IAsyncEnumerable<RunEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RequireRun();
        await _pump.FlushAsync();
        await foreach (var change in _watchers.WatchAsync(() => _pump.Committed.IsTerminal, cancellationToken))
        {
            yield return change;
        }
    }

    public async IAsyncEnumerable<RunView> WatchEndAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RequireRun();
        while (!_pump.Committed.IsTerminal)
        {
            await _signal.WaitAsync(cancellationToken);
        }

        yield return View();
    }

    public async Task<LeaseGrant?> GrantAsync(TaskId task, WorkerId worker, string sessionId, CancellationToken cancellationToken)
    {
        if (_pump.Tentative.Find(task) is not { } slot)
        {
            return null;
        }

        var (decision, committed) = Take(new LeaseTask(slot, new GrantLease(worker, sessionId)));
        await committed;
        return decision.IsAccepted ? RunViews.Grant(decision.State, slot) : null;
    }

    public async Task<bool> RenewAsync(LeaseToken token, WorkerId worker, string sessionId, double? progress, CancellationToken cancellationToken)
    {
        if (_pump.Tentative.Find(token.TaskId) is not { } slot)
        {
            return false;
        }

        var (decision, committed) = Take(new LeaseTask(slot, new RenewLease(token.Epoch, worker, sessionId, progress)));
        if (decision.IsAccepted)
        {
            // The holder is alive: it need not be asked for.
            _restored.Remove(slot);
            return true;
        }

        await committed;
        return false;
    }

    public Task<EffectReceipt> ReportBatchAsync(BatchReport report, CancellationToken cancellationToken) =>
        TaskReports.ToCommand(report) is { } command ? EffectAsync(report.Token, command) : Task.FromResult(new EffectReceipt(false, LeaseReasons.BadInput));

    public Task<EffectReceipt> CompleteAsync(AttemptOutcome outcome, CancellationToken cancellationToken) =>
        EffectAsync(outcome.Token, CommandOf(outcome));

    public Task RevokeAsync(LeaseToken token, string reason, CancellationToken cancellationToken) =>
        _pump.Tentative.Find(token.TaskId) is { } slot ? Take(new LeaseTask(slot, new RevokeLease(token.Epoch, reason))).Committed : Task.CompletedTask;

    public Task<TaskView?> GetTaskAsync(TaskId task, CancellationToken cancellationToken)
    {
        _pump.ThrowIfFailed();
        return Task.FromResult(_pump.Committed.Find(task) is { } slot ? RunViews.Task(_pump.Committed, slot) : null);
    }

    /// <summary>The activation itself found what is owed; while it lives, the outbox goes on trying.</summary>
    public Task RecoverAsync(CancellationToken cancellationToken)
    {
        _pump.ThrowIfFailed();
        return Task.CompletedTask;
    }

    private async Task<EffectReceipt> EffectAsync(LeaseToken token, LeaseCommand command)
    {
        if (_pump.Tentative.Find(token.TaskId) is not { } slot)
        {
            return new EffectReceipt(false, LeaseReasons.LeaseLost);
        }

        var (decision, committed) = Take(new LeaseTask(slot, command));
        await committed;
        if (!decision.IsAccepted)
        {
            LogEffectRefused(token.TaskId, token.Epoch, command.GetType().Name, decision.Refused!);
        }

        return new EffectReceipt(decision.IsAccepted, decision.Refused);
    }
}
