using Microsoft.Extensions.DependencyInjection;

namespace Orleans.Embedded;

/// <content>How an activation begins and ends.</content>
internal sealed partial class Activation
{
    private readonly TaskCompletionSource _deactivated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AsyncServiceScope? _scope;
    private LifecycleSubject? _lifecycle;
    private List<IGrainStateLoader>? _stateLoaders;
    private List<IGrainTimerControl>? _timers;
    private List<IEnumerationSession>? _enumerations;
    private DeactivationReason _deactivationReason;
    private CancellationToken _deactivationToken;
    private bool _isFinishing;
    private bool _deactivateWhenValid;

    private LifecycleSubject Lifecycle => _lifecycle ??= new LifecycleSubject(GrainId.ToString(), _silo.Logger);

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default) =>
        Enqueue(new ActionWork(
            static (activation, state) =>
            {
                var (reason, token) = ((DeactivationReason, CancellationToken))state!;
                activation.BeginDeactivation(reason, token);
            },
            (deactivationReason, cancellationToken)));

    internal void Begin() => Enqueue(new ActionWork(static (activation, _) => activation.BeginActivation(), null));

    internal void AddStateLoader(IGrainStateLoader loader) => (_stateLoaders ??= []).Add(loader);

    internal void AddTimer(IGrainTimerControl timer) => (_timers ??= []).Add(timer);

    internal void RemoveTimer(IGrainTimerControl timer) => _timers?.Remove(timer);

    internal void AddEnumeration(IEnumerationSession session) => (_enumerations ??= []).Add(session);

    internal void RemoveEnumeration(IEnumerationSession session) => _enumerations?.Remove(session);

    // Ends the activation as a crash of its silo does: nothing of it runs any more, and its callers learn that it is gone.
    internal void Kill()
    {
        _dead = true;
        Enqueue(new ActionWork(
            static (activation, _) =>
            {
                activation.State = ActivationState.Invalid;
                activation.StopTimers();
                activation.FailAll(ref activation._running, activation.SiloGone(), isRunning: true);
                activation.FailAll(ref activation._waiting, activation.SiloGone(), isRunning: false);
                activation._deactivated.TrySetResult();
            },
            null));
    }

    private void BeginActivation()
    {
        if (!_dead)
        {
            State = ActivationState.Activating;
            Own(ActivateAsync());
        }
    }

    private async Task ActivateAsync()
    {
        try
        {
            GrainInstance = _class.CreateInstance(this);
            IncomingFilters = GrainInstance is IIncomingGrainCallFilter own ? [.. _silo.IncomingFilters, own] : _silo.IncomingFilters;
            if (GrainInstance is ILifecycleParticipant<IGrainLifecycle> participant)
            {
                participant.Participate(Lifecycle);
            }

            await LoadStateAsync();
            var lifecycle = _lifecycle;
            if (lifecycle is not null || _class.HasOnActivate)
            {
                using var timeout = new CancellationTokenSource(_silo.ActivationTimeout, _silo.TimeProvider);
                if (lifecycle is not null)
                {
                    await lifecycle.StartAsync(int.MinValue, GrainLifecycleStage.Activate - 1, timeout.Token);
                }

                if (GrainInstance is IGrainBase grain)
                {
                    await grain.OnActivateAsync(timeout.Token);
                }

                if (lifecycle is not null)
                {
                    await lifecycle.StartAsync(GrainLifecycleStage.Activate, int.MaxValue, timeout.Token);
                }
            }
        }
        catch (Exception exception)
        {
            LogActivationFailed(GrainId, exception);
            _deactivationReason = new DeactivationReason(DeactivationReasonCode.ActivationFailed, exception, "Activation failed.");
            Leave();
            FailAll(ref _waiting, exception, isRunning: false);
            await DisposeInstanceAsync();
            _deactivated.TrySetResult();
            return;
        }

        Touch();
        State = ActivationState.Valid;
        _checkWaiting = true;
        if (_deactivateWhenValid)
        {
            // After what has waited was given its chance, or a grain that always asks for its end would never serve anybody.
            Deactivate(_deactivationReason, _deactivationToken);
        }
    }

    private async Task LoadStateAsync()
    {
        if (_stateLoaders is not { } loaders)
        {
            return;
        }

        if (loaders.Count == 1)
        {
            await loaders[0].LoadAsync();
            return;
        }

        var loads = new Task[loaders.Count];
        for (var index = 0; index < loads.Length; index++)
        {
            loads[index] = loaders[index].LoadAsync();
        }

        await Task.WhenAll(loads);
    }

    private void BeginDeactivation(DeactivationReason reason, CancellationToken cancellationToken)
    {
        switch (State)
        {
            case ActivationState.Creating or ActivationState.Activating:
                _deactivateWhenValid = true;
                _deactivationReason = reason;
                _deactivationToken = cancellationToken;
                return;
            case ActivationState.Valid when reason.ReasonCode == DeactivationReasonCode.ActivationIdle
                && !IsCollectable(_silo.Cluster.Timeouts.NowTick):
                // Somebody called after the collector looked.
                return;
            case ActivationState.Valid:
                break;
            default:
                return;
        }

        State = ActivationState.Deactivating;
        _deactivationReason = reason;
        _deactivationToken = cancellationToken;
        StopTimers();
        AbortEnumerations();
        _checkWaiting = true;
        if (_running.Count > 0)
        {
            Own(FinishLaterAsync());
        }
    }

    // A request that never ends must not keep the activation for ever.
    private async Task FinishLaterAsync()
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(_deactivationToken);
        var ended = await Task.WhenAny(_deactivated.Task, Task.Delay(_silo.DeactivationTimeout, _silo.TimeProvider, waiting.Token));
        if (!ReferenceEquals(ended, _deactivated.Task) && !_isFinishing)
        {
            LogDeactivationForced(GrainId, _running.Count);
            FinishDeactivation();
        }

        await waiting.CancelAsync();
    }

    private void FinishDeactivation()
    {
        if (!_isFinishing)
        {
            _isFinishing = true;
            Own(DeactivateInstanceAsync());
        }
    }

    private async Task DeactivateInstanceAsync()
    {
        try
        {
            if (_class.HasOnDeactivate || _lifecycle is not null)
            {
                using var timeout = new CancellationTokenSource(_silo.DeactivationTimeout, _silo.TimeProvider);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _deactivationToken);
                var deactivation = RunDeactivationAsync(either.Token);
                await deactivation.WaitAsync(_silo.DeactivationTimeout + _silo.DeactivationTimeout, _silo.TimeProvider, CancellationToken.None);
            }
        }
        catch (Exception exception)
        {
            LogDeactivationFailed(GrainId, exception);
        }

        Leave();
        while (_waiting.First is { } request)
        {
            RemoveWaiting(request);
            PassOn(request);
        }

        await DisposeInstanceAsync();
        _deactivated.TrySetResult();
    }

    private async Task RunDeactivationAsync(CancellationToken cancellationToken)
    {
        if (GrainInstance is IGrainBase grain)
        {
            await grain.OnDeactivateAsync(_deactivationReason, cancellationToken);
        }

        if (_lifecycle is { } lifecycle)
        {
            await lifecycle.OnStop(cancellationToken);
        }
    }

    private void Leave()
    {
        State = ActivationState.Invalid;
        _silo.Cluster.Remove(this);
    }

    private async Task DisposeInstanceAsync()
    {
        try
        {
            switch (GrainInstance)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync();
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
                default:
                    break;
            }

            if (_scope is { } scope)
            {
                await scope.DisposeAsync();
            }
        }
        catch (Exception exception)
        {
            LogDeactivationFailed(GrainId, exception);
        }
    }

    private void StopTimers()
    {
        if (_timers is { } timers)
        {
            _timers = null;
            foreach (var timer in timers)
            {
                timer.Dispose();
            }
        }
    }

    private void AbortEnumerations()
    {
        if (_enumerations is { } sessions)
        {
            _enumerations = null;
            foreach (var session in sessions)
            {
                session.Abort();
            }
        }

        // Their readers wait for elements that will not come; they must not hold up the end.
        for (var request = _running.First; request is not null;)
        {
            var next = request._following;
            if (request.IsEnumeration)
            {
                RemoveRunning(request);
                request._place = RequestPlace.Detached;
                request.TryFail(new EnumerationAbortedException($"The activation of grain {GrainId} ends; start the enumeration again."));
            }

            request = next;
        }
    }

    // The tasks of an activation's life handle their own failures; what still comes is a defect, and is logged.
    private void Own(Task task)
    {
        if (!task.IsCompletedSuccessfully)
        {
            _ = task.ContinueWith(
                static (failed, state) => ((Activation)state!).LogTurnFailed(((Activation)state!).GrainId, failed.Exception!),
                this,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted,
                Default);
        }
    }
}

/// <summary>Reads a state before its grain activates.</summary>
internal interface IGrainStateLoader
{
    Task LoadAsync();
}

/// <summary>Ends a timer with its activation.</summary>
internal interface IGrainTimerControl
{
    void Dispose();
}

/// <summary>Ends an enumeration with its activation.</summary>
internal interface IEnumerationSession
{
    void Abort();
}
