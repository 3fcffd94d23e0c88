namespace Orleans.Embedded;

/// <content>How an activation ends.</content>
internal sealed partial class Activation
{
    private void BeginDeactivation(DeactivationReason reason, CancellationToken cancellationToken)
    {
        switch (State)
        {
            case ActivationState.Creating or ActivationState.Activating:
                _deactivateWhenValid = true;
                _deactivationReason = reason;
                _deactivationToken = cancellationToken;
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
        var deactivated = Deactivated.InTurnAsync();
        var ended = await Task.WhenAny(deactivated, Task.Delay(_silo.DeactivationTimeout, _silo.TimeProvider, waiting.Token).InTurnAsync());
        if (!ReferenceEquals(ended, deactivated) && !_isFinishing)
        {
            LogDeactivationForced(GrainId, _running.Count);
            FinishDeactivation();
        }

        waiting.CancelHere();
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

        if (_running.Count > 0)
        {
            _silo.AddStraggler(this);
        }

        Leave();
        while (_waiting.First is { } request)
        {
            RemoveWaiting(request);
            PassOn(request);
        }

        // Before the disposal, which may take as long as it likes.
        _collector?.OnEnded();
        await DisposeInstanceAsync();
        SetDeactivated();
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
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                Default);
        }
    }
}
