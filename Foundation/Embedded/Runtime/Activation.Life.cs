using Microsoft.Extensions.DependencyInjection;

namespace Orleans.Embedded;

/// <content>How an activation begins.</content>
internal sealed partial class Activation
{
    private static readonly TaskCompletionSource AlreadyEnded = MakeEnded();

    // Null until somebody asks or it has ended.
    private TaskCompletionSource? _deactivated;
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

    public void Migrate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default) =>
        Deactivate(new DeactivationReason(DeactivationReasonCode.Migrating, "The grain moves to where the silos have room."), cancellationToken);

    void IGrainContext.ReceiveMessage(object message) => Enqueue(message as GrainRequest
        ?? throw new ArgumentException($"'{message?.GetType()}' is not a request of this runtime; call the grain through a reference.", nameof(message)));

    void IGrainContext.Activate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken)
    {
    }

    void IGrainContext.Rehydrate(IRehydrationContext context)
    {
    }

    internal Task EndAsync(DeactivationReason reason, CancellationToken cancellationToken = default)
    {
        Deactivate(reason, cancellationToken);
        return Deactivated;
    }

    /// <param name="context">What the call that causes the activation brought along: the grain sees it while it activates.</param>
    internal void Begin(RequestContextValues? context = null) =>
        Enqueue(new ActionWork(static (activation, values) => activation.BeginActivation((RequestContextValues?)values), context));

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
                activation.SetDeactivated();
            },
            null));
    }

    private void BeginActivation(RequestContextValues? context)
    {
        if (_dead)
        {
            return;
        }

        State = ActivationState.Activating;
        if (context is not null)
        {
            RequestContext.Import(context);
        }

        Own(ActivateAsync());
        if (context is not null && _turnContext is not null)
        {
            ExecutionContext.Restore(_turnContext);
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
                    await lifecycle.OnStart(timeout.Token);
                }

                // At the end of all stages, as the beginning of their way back is at its end.
                if (GrainInstance is IGrainBase grain)
                {
                    await grain.OnActivateAsync(timeout.Token);
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
            SetDeactivated();
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

    private static TaskCompletionSource MakeEnded()
    {
        var ended = new TaskCompletionSource();
        ended.SetResult();
        return ended;
    }

    private void SetDeactivated() => Interlocked.CompareExchange(ref _deactivated, AlreadyEnded, null)?.TrySetResult();
}
