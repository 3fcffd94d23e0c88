using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using OrleansFlow.Decisions.Workers;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Events;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Workers;

/// <summary>One worker: a thin shell around <see cref="WorkerModel"/>.</summary>
/// <remarks>
/// Re-entrant, because a registration or an assignment waits for other grains while heartbeats arrive. After each such wait the session is
/// compared with the one before it: what was granted to a session that has ended meanwhile is revoked at once.
/// </remarks>
[Reentrant]
internal sealed partial class WorkerGrain : Grain, IWorkerGrain
{
    /// <summary>Commands that may wait for the session's stream; more make assignments wait.</summary>
    private const int CommandsMax = 4_096;

    private readonly IPersistentState<WorkerGrainState> _state;
    private readonly LeaseOptions _leases;
    private readonly LeaseClock _clock;
    private readonly ILogger<WorkerGrain> _logger;
    private WorkerModel _model = WorkerModel.Offline;
    private SessionTimes _times;
    private Channel<WorkerCommand>? _commands;
    private IGrainTimer? _silenceTimer;
    private IGrainTimer? _graceTimer;
    private bool _isTellingQueues;
    private bool _mustTellQueues;

    public WorkerGrain(
        [PersistentState("worker", FlowGrainStorage.Name)] IPersistentState<WorkerGrainState> state,
        IOptions<LeaseOptions> leases,
        LeaseClock clock,
        ILogger<WorkerGrain> logger,
        FlowEvents? events = null)
    {
        _events = events;
        _state = state;
        _leases = leases.Value;
        _clock = clock;
        _logger = logger;
        _times = SessionTimes.Of(_leases, null, null);
    }

    private WorkerId Id => new(this.GetPrimaryKeyString());

    private LeaseOwners Owners => field ??= new LeaseOwners(GrainFactory, Id);

    public async Task<RegistrationReceipt> RegisterAsync(WorkerRegistration registration, CancellationToken cancellationToken)
    {
        var nowUtc = _clock.GetUtcNow();
        var times = SessionTimes.Of(_leases, registration.LeaseTtl, registration.HeartbeatInterval);
        if (_model.IsLiveAt(nowUtc, _times.HardSilence) && _model.SessionId != registration.SessionId)
        {
            throw new FlowException(
                FlowErrorCode.WorkerIdInUse,
                $"Worker id '{Id}' is used by a live session (heard of {(nowUtc - _model.LastSeenUtc).TotalSeconds:0.0} s ago). Give this worker another id, or stop the other one.");
        }

        var before = _model;
        _times = times;
        _commands?.Writer.TryComplete();
        _commands = Channel.CreateBounded<WorkerCommand>(CommandsMax);
        _tickets.Clear();
        _model = WorkerModel.Begin(registration.SessionId, registration.Slots + registration.Prefetch, nowUtc);
        StartSilenceTimer();
        await RememberAsync(registration, nowUtc);
        var adopted = new List<LeaseGrant>();
        var lost = await TakeUpAsync(before, registration, adopted, cancellationToken);
        Tell(WorkerLiveness.Online, registration.SessionId, registration.Held.Count - lost.Count);
        LogRegistered(Id, registration.SessionId, registration.Slots, registration.Held.Count, lost.Count);
        await OfferAdoptedAsync(registration.SessionId, adopted, cancellationToken);
        await TellQueuesAsync();
        return new RegistrationReceipt(lost, times.Heartbeat, times.Lease);
    }

    public async IAsyncEnumerable<WorkerCommand> CommandsAsync(
        string sessionId, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (sessionId != _model.SessionId || _commands is not { } commands)
        {
            yield break;
        }

        // Not ReadAllAsync, which waits outside the grain's turns.
        while (await commands.Reader.WaitToReadAsync(cancellationToken))
        {
            while (commands.Reader.TryRead(out var command))
            {
                yield return command;
            }
        }
    }

    public async Task<IReadOnlyList<LeaseToken>> HeartbeatAsync(string sessionId, IReadOnlyList<LeaseProgress> progress, CancellationToken cancellationToken)
    {
        RequireSession(sessionId);
        var nowUtc = _clock.GetUtcNow();
        if (nowUtc - _model.LastSeenUtc is var silence && silence > _times.Lease / 2)
        {
            LogLateHeartbeat(Id, silence.TotalSeconds, _times.Lease.TotalSeconds);
        }

        _model = _model.Seen(nowUtc);
        EndOldTickets(nowUtc);
        var fractions = progress.ToDictionary(one => one.Token, one => one.Fraction);
        var lost = await Owners.RenewAsync(
            [
                .. _model.Leases.Where(held => !held.Value.IsStopping)
                    .Select(held => new LeaseToken(held.Key, held.Value.Epoch))
                    .Select(token => new LeaseRenewal(token, fractions.TryGetValue(token, out var fraction) ? fraction : null)),
            ],
            sessionId,
            OnRenewalFailed,
            cancellationToken);
        foreach (var token in lost)
        {
            _model = _model.TryStop(token) ?? _model;
        }

        // A queue that was activated again since has forgotten its workers; only they know that they wait.
        await TellQueuesAsync();
        return lost;
    }

    public async Task<AssignReceipt> AssignAsync(IReadOnlyList<QueueEntry> entries, CancellationToken cancellationToken)
    {
        var sessionId = _model.SessionId;
        _model = _model.Reserve(entries.Count, out var reserved);
        if (reserved == 0 || sessionId is null)
        {
            return new AssignReceipt([], [], _model.FreeSlots);
        }

        // Where a grant fails, it is not known whether it was made. If it was, nobody runs it, and it expires; the queue keeps the entry either way.
        var (granted, notReady) = await Owners.GrantAsync(
            [.. entries.Take(reserved).Select(entry => entry.TaskId)], sessionId, LogGrantFailed, cancellationToken);
        if (_model.SessionId != sessionId || _commands is not { } commands)
        {
            // The session ended while its leases were being granted, so nobody will run them.
            await RevokeAsync([.. granted.Select(grant => grant.Token)], LeaseEnd.ConnectionLost);
            return new AssignReceipt([], [], _model.FreeSlots);
        }

        _model = _model.Unreserve(reserved).Add(granted.Select(grant =>
            (grant.Token, (TimeSpan?)(grant.KeepsLostLease ? _times.HardSilence : _leases.ReconnectGraceOf(grant.Role)))));

        if (granted.Count > 0)
        {
            await commands.Writer.WriteAsync(new WorkerCommand { Offers = granted }, cancellationToken);
        }

        if (granted.Count < reserved)
        {
            // Other roles' queues may have been told meanwhile that the slots are promised. Not awaited (it never throws; owned by
            // _isTellingQueues): a queue that ends waits for this very assignment, and would answer only then.
            _ = TellQueuesAsync();
        }

        return new AssignReceipt([.. granted.Select(grant => grant.Token.TaskId)], notReady, _model.FreeSlots);
    }

    public Task ReleaseAsync(string sessionId, IReadOnlyList<LeaseToken> tokens, CancellationToken cancellationToken)
    {
        if (sessionId != _model.SessionId)
        {
            return Task.CompletedTask;
        }

        _model = _model.Seen(_clock.GetUtcNow()).Release(tokens);
        return TellQueuesAsync();
    }

    public Task SwapAsync(string sessionId, IReadOnlyList<LeaseSwap> swaps, CancellationToken cancellationToken)
    {
        if (sessionId != _model.SessionId)
        {
            return RevokeAsync([.. swaps.Select(swap => swap.Next)], LeaseEnd.ConnectionLost);
        }

        _model = _model.Seen(_clock.GetUtcNow()).Swap(swaps.Select(swap => (swap.Ended, swap.Next, (TimeSpan?)_leases.ReconnectGraceOf(swap.Role))));
        return Task.CompletedTask;
    }

    public async Task StopAsync(LeaseToken token, string reason, TimeSpan? grace, CancellationToken cancellationToken)
    {
        if (_model.TryStop(token) is not { } stopped)
        {
            return;
        }

        _model = stopped;
        if (_commands is { } commands)
        {
            await commands.Writer.WriteAsync(new WorkerCommand { Stopped = token, Reason = reason, Grace = grace }, cancellationToken);
        }
    }

    public async Task DrainAsync(string sessionId, CancellationToken cancellationToken)
    {
        RequireSession(sessionId);
        _model = _model.Drain();
        Tell(WorkerLiveness.Draining, _model.SessionId, _model.Leases.Count);
        await LeaveQueuesAsync();
    }

    public async Task<WorkerView> AskDrainAsync(string reason, CancellationToken cancellationToken)
    {
        if (!_state.RecordExists)
        {
            throw new FlowException(FlowErrorCode.NotFound, $"There is no worker '{Id}'. 'flow workers' lists those that have registered.");
        }

        if (_model.Phase is (SessionPhase.Connected or SessionPhase.Suspected) && _commands is { } commands)
        {
            LogDrainAsked(Id, reason);
            _model = _model.Drain();
            Tell(WorkerLiveness.Draining, _model.SessionId, _model.Leases.Count);
            await LeaveQueuesAsync();
            await commands.Writer.WriteAsync(new WorkerCommand { Drain = true, Reason = reason }, cancellationToken);
        }

        return View();
    }

    public async Task DisconnectAsync(string sessionId, bool clean, CancellationToken cancellationToken)
    {
        if (sessionId != _model.SessionId)
        {
            return;
        }

        if (clean)
        {
            await EndSessionAsync(LeaseEnd.Drain);
            return;
        }

        _model = _model.Lose(_clock.GetUtcNow());
        Tell(WorkerLiveness.Disconnected, sessionId, _model.Leases.Count);
        LogStreamLost(Id, sessionId, _leases.ReconnectGrace.TotalMilliseconds);
        await LeaveQueuesAsync();
        ArmGrace(sessionId);
    }

    public Task<WorkerView?> GetAsync(CancellationToken cancellationToken) => Task.FromResult(_state.RecordExists ? View() : null);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // The silo stops or the grain moves: its leases stand until they are taken up again or expire.
        _commands?.Writer.TryComplete();
        _facts?.Stop();
        return base.OnDeactivateAsync(reason, cancellationToken);
    }
}
