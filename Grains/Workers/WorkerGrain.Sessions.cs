using OrleansFlow.Decisions.Queues;
using OrleansFlow.Decisions.Workers;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Grains.Workers;

/// <content>How a session begins and ends, and what the queues hear of it.</content>
internal sealed partial class WorkerGrain
{
    /// <summary>How often silence is looked for, as a part of the lease duration.</summary>
    private const int SilenceChecksPerLease = 10;

    /// <summary>The same, as a part of the soft threshold.</summary>
    private const int SilenceChecksPerThreshold = 3;

    private readonly Dictionary<string, string> _traits = new(StringComparer.Ordinal);

    /// <summary>Roles that their queues know of; once known, they are for good.</summary>
    private readonly HashSet<string> _announced = new(StringComparer.Ordinal);

    private static string QueueKey(string role) => role + "/0";

    private void RequireSession(string sessionId)
    {
        if (sessionId != _model.SessionId)
        {
            throw new FlowException(FlowErrorCode.LeaseLost, $"Session '{sessionId}' of worker '{Id}' has ended; register again.");
        }
    }

    private async Task RememberAsync(WorkerRegistration registration, DateTimeOffset nowUtc)
    {
        var isNew = !_state.RecordExists;
        _traits.Clear();
        _state.State.Roles = registration.Roles;
        _state.State.Slots = registration.Slots;
        _state.State.Version = registration.Version;
        _state.State.ProcessId = registration.ProcessId;
        _state.State.Host = registration.Host;
        _state.State.DataAddress = registration.DataAddress;
        _state.State.LastSeenUtc = nowUtc;
        _state.State.Labels = new SortedDictionary<string, string>(registration.Labels.ToDictionary(), StringComparer.Ordinal);
        _state.State.RoleVersions = new SortedDictionary<string, string>(registration.RoleVersions.ToDictionary(), StringComparer.Ordinal);
        _state.State.Prefetch = registration.Prefetch;
        if (registration.Adapters.Count > 0)
        {
            // Before the worker can be offered anything: whoever sees it may name its adapters.
            await GrainFactory.GetGrain<IWorkerCatalogGrain>(IWorkerCatalogGrain.Key).RecordAdaptersAsync(registration.Adapters, CancellationToken.None);
        }

        // The same goes for its workflows. One whose version is kept with other content is refused, and with it the worker: its steps would fit no run.
        foreach (var workflow in registration.Workflows)
        {
            var definition = CompiledWorkflow.Parse(workflow.Utf8.Span);
            await GrainFactory.GetGrain<IWorkflowDefinitionGrain>(WorkflowDefinitionKeys.Of(definition.Name, definition.Version)).RegisterAsync(workflow, CancellationToken.None);
        }

        // The same goes for its roles: nobody may see a worker online and be told that its role is unknown.
        await Task.WhenAll(registration.Roles.Where(role => !_announced.Contains(role)).Select(AnnounceAsync));
        await _state.WriteStateAsync();
        if (isNew)
        {
            await GrainFactory.GetGrain<IWorkerCatalogGrain>(IWorkerCatalogGrain.Key).RecordAsync(Id, CancellationToken.None);
        }
    }

    /// <summary>Confirms the leases that the worker still runs, and ends those that it does not.</summary>
    /// <returns>Of the held ones: those that no longer stand.</returns>
    private async Task<IReadOnlyList<LeaseToken>> TakeUpAsync(
        WorkerModel before, WorkerRegistration registration, List<LeaseGrant> adopted, CancellationToken cancellationToken)
    {
        var held = registration.Held.ToHashSet();
        var dropped = before.Leases.Where(lease => !lease.Value.IsStopping).Select(lease => new LeaseToken(lease.Key, lease.Value.Epoch)).Where(token => !held.Contains(token));
        await Task.WhenAll(dropped.Select(token => AdoptOrRevokeAsync(token, registration, adopted, cancellationToken)));
        var renewals = registration.Held.Select(token => new LeaseRenewal(token)).ToList();
        var lost = (await Owners.RenewAsync(renewals, registration.SessionId, OnRenewalFailed, cancellationToken)).ToHashSet();
        if (_model.SessionId == registration.SessionId)
        {
            _model = _model.Add(registration.Held.Where(token => !lost.Contains(token))
                .Select(token => (token, before.Leases.TryGetValue(token.TaskId, out var known) ? known.Grace : null)));
        }

        return [.. registration.Held.Where(lost.Contains)];
    }

    private void OnRenewalFailed(Exception exception, LeaseToken token) => LogRenewalFailed(exception, token.TaskId, token.Epoch);

    private Task RevokeAsync(IReadOnlyList<LeaseToken> tokens, string reason) =>
        Owners.RevokeAsync(tokens, reason, (exception, token) => LogRevocationFailed(exception, token.TaskId, token.Epoch));

    private void StartSilenceTimer()
    {
        _graceTimer?.Dispose();
        _graceTimer = null;
        var period = TimeSpan.FromTicks(Math.Min(_times.Lease.Ticks / SilenceChecksPerLease, _times.SoftSilence.Ticks / SilenceChecksPerThreshold));
        _silenceTimer?.Dispose();
        _silenceTimer = this.RegisterGrainTimer(
            CheckSilenceAsync, new GrainTimerCreationOptions(period, period) { KeepAlive = true, Interleave = true });
    }

    private async Task CheckSilenceAsync(CancellationToken cancellationToken)
    {
        var nowUtc = _clock.GetUtcNow();
        if (_model.Phase != SessionPhase.None && nowUtc - _model.LastSeenUtc >= _times.HardSilence)
        {
            await EndSessionAsync(LeaseEnd.Expired);
            return;
        }

        var before = _model.Phase;
        _model = _model.Suspect(nowUtc, _times.SoftSilence);
        if (_model.Phase != before)
        {
            LogSuspected(Id, (nowUtc - _model.LastSeenUtc).TotalSeconds);

            // Not awaited (it never throws; owned by _isTellingQueues): a slow queue must not put the next look off.
            _ = TellQueuesAsync();
        }
    }

    private void ArmGrace(string sessionId)
    {
        _graceTimer?.Dispose();
        _graceTimer = null;
        if (_model.NextGrace(_leases.ReconnectGrace) is { } grace && _model.LostUtc is { } lostUtc)
        {
            var wait = lostUtc + grace - _clock.GetUtcNow();
            _graceTimer = this.RegisterGrainTimer(
                EndAfterGraceAsync,
                sessionId,
                new GrainTimerCreationOptions(wait > TimeSpan.Zero ? wait : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true });
        }
    }

    /// <summary>Revokes the leases whose grace is over; the session ends with the last of them.</summary>
    private async Task EndAfterGraceAsync(string sessionId, CancellationToken cancellationToken)
    {
        if (_model.SessionId != sessionId || _model.Phase != SessionPhase.Lost)
        {
            return;
        }

        var overdue = _model.OverdueAt(_clock.GetUtcNow(), _leases.ReconnectGrace);
        if (overdue.Count == _model.Leases.Count(held => !held.Value.IsStopping))
        {
            await EndSessionAsync(LeaseEnd.ConnectionLost);
            return;
        }

        _model = _model.Release(overdue);
        ArmGrace(sessionId);
        await RevokeAsync(overdue, LeaseEnd.ConnectionLost);
    }

    private async Task EndSessionAsync(string reason)
    {
        var ended = _model;
        _model = ended.End();
        _tickets.Clear();
        _commands?.Writer.TryComplete();
        _commands = null;
        _silenceTimer?.Dispose();
        _silenceTimer = null;
        _graceTimer?.Dispose();
        _graceTimer = null;
        Tell(WorkerLiveness.Offline, ended.SessionId, ended.Leases.Count, reason);
        LogSessionEnded(Id, ended.SessionId ?? "", reason, ended.Leases.Count);
        await RevokeAsync([.. ended.Leases.Where(held => !held.Value.IsStopping).Select(held => new LeaseToken(held.Key, held.Value.Epoch))], reason);
        await LeaveQueuesAsync();
    }

    private async Task LeaveQueuesAsync()
    {
        foreach (var role in _state.State.Roles)
        {
            await GrainFactory.GetGrain<IRoleQueueGrain>(QueueKey(role)).LeaveAsync(Id, CancellationToken.None);
        }

        // A session that came up while the old one's end was being told must be known again.
        if (_model.Phase == SessionPhase.Connected)
        {
            await TellQueuesAsync();
        }
    }

    /// <summary>Tells every role's queue how many slots are free; changes that come while it tells are told in one further round.</summary>
    private async Task TellQueuesAsync()
    {
        _mustTellQueues = true;
        if (_isTellingQueues)
        {
            return;
        }

        _isTellingQueues = true;
        try
        {
            while (_mustTellQueues && (_model.Phase is SessionPhase.Connected or SessionPhase.Suspected))
            {
                _mustTellQueues = false;
                var free = _model.FreeSlots;
                await Task.WhenAll(_state.State.Roles.Select(role => TellQueueAsync(role, free)));
            }
        }
        finally
        {
            _isTellingQueues = false;
        }
    }

    private async Task AnnounceAsync(string role)
    {
        try
        {
            await GrainFactory.GetGrain<IRoleQueueGrain>(QueueKey(role)).AnnounceAsync(CancellationToken.None);
            _announced.Add(role);
        }
        catch (Exception exception)
        {
            // The worker serves its other roles meanwhile; it is shown as online once each queue has been told.
            LogQueueNotTold(exception, Id, role);
        }
    }

    private async Task TellQueueAsync(string role, int freeSlots)
    {
        try
        {
            await GrainFactory.GetGrain<IRoleQueueGrain>(QueueKey(role)).SetAvailableAsync(Id, freeSlots, TraitsOf(role), CancellationToken.None);
            _announced.Add(role);
        }
        catch (Exception exception)
        {
            // The next heartbeat tells it again.
            LogQueueNotTold(exception, Id, role);
        }
    }

    /// <summary>What this worker offers to tasks of a role; made once for a session, because each change of its slots tells it again.</summary>
    private string TraitsOf(string role)
    {
        if (!_traits.TryGetValue(role, out var traits))
        {
            var version = _state.State.RoleVersions.TryGetValue(role, out var own) ? own : _state.State.Version;
            traits = PlacementTraits.Of(_state.State.Labels, version).Text;
            _traits.Add(role, traits);
        }

        return traits;
    }

    private WorkerView View() => new()
    {
        WorkerId = Id,
        Registration = new WorkerRegistration
        {
            SessionId = _model.SessionId ?? "",
            Roles = _state.State.Roles,
            Slots = _state.State.Slots,
            Version = _state.State.Version,
            ProcessId = _state.State.ProcessId,
            Host = _state.State.Host,
            DataAddress = _state.State.DataAddress,
            Labels = _state.State.Labels.ToDictionary(),
            RoleVersions = _state.State.RoleVersions.ToDictionary(),
            Prefetch = _state.State.Prefetch,
        },
        Liveness = _model.Phase switch
        {
            SessionPhase.Connected when _state.State.Roles.All(_announced.Contains) => WorkerLiveness.Online,
            SessionPhase.Connected => WorkerLiveness.Disconnected,
            SessionPhase.Draining => WorkerLiveness.Draining,
            SessionPhase.Lost => WorkerLiveness.Disconnected,
            SessionPhase.Suspected => WorkerLiveness.Suspected,
            _ => WorkerLiveness.Offline,
        },
        LastSeenUtc = _model.LastSeenUtc == default ? _state.State.LastSeenUtc : _model.LastSeenUtc,
        Leases = [.. _model.Leases.Where(held => !held.Value.IsStopping).Select(held => new LeaseToken(held.Key, held.Value.Epoch))],
    };
}
