using Microsoft.Extensions.DependencyInjection;

namespace Orleans.Embedded;

/// <summary>The states of an activation, in order.</summary>
internal enum ActivationState
{
    Creating,
    Activating,
    Valid,
    Deactivating,
    Invalid,
}

/// <summary>One grain object in memory: its inbox and turns, its requests, its life.</summary>
internal sealed partial class Activation : IGrainContext, IWorkItemScheduler, IGrainExtensionBinder
{
    private static readonly DeactivationReason IdleReason =
        new(DeactivationReasonCode.ActivationIdle, "Nobody called for longer than the collection age.");

    private readonly SiloRuntime _silo;
    private readonly GrainClass _class;
    private ActivationId? _activationId;
    private Dictionary<Type, object>? _components;
    private GrainReference? _grainReference;
    private GrainAddress? _address;
    private long _lastUsedTick;
    private long _keepUntilTick;
    private volatile int _state;
    private volatile bool _dead;
    private IdleCollector? _collector;

    public Activation(SiloRuntime silo, GrainClass grainClass, GrainId grainId)
    {
        _silo = silo;
        _class = grainClass;
        GrainId = grainId;
        _lastUsedTick = silo.Cluster.Timeouts.NowTick;
    }

    public GrainId GrainId { get; }

    public object? GrainInstance { get; private set; }

    public ActivationId ActivationId => _activationId ??= _silo.NewActivationId();

    public GrainReference GrainReference => _grainReference ??= _silo.Client.References.CreateUntyped(GrainId);

    public GrainAddress Address => _address ??= new GrainAddress
    {
        GrainId = GrainId,
        ActivationId = ActivationId,
        SiloAddress = _silo.SiloAddress,
    };

    // Many grains ask for no service, and need no scope.
    public IServiceProvider ActivationServices => (_scope ??= _silo.Services.CreateAsyncScope()).ServiceProvider;

    public IGrainLifecycle ObservableLifecycle => Lifecycle;

    public IWorkItemScheduler Scheduler => this;

    // Few activations' ends are waited for, and a million idle ones need no source each.
    public Task Deactivated
    {
        get
        {
            var source = Volatile.Read(ref _deactivated);
            if (source is null)
            {
                var created = new TaskCompletionSource(_silo.Cluster.ContinuationOptions);
                source = Interlocked.CompareExchange(ref _deactivated, created, null) ?? created;
            }

            return source.Task;
        }
    }

    internal SiloRuntime Silo => _silo;

    internal GrainClass Class => _class;

    internal ActivationState State
    {
        get => (ActivationState)_state;
        private set => _state = (int)value;
    }

    // May be read anywhere: whether a request sent here now would be served here.
    internal bool IsReceiving => !_dead && _state < (int)ActivationState.Invalid;

    internal IIncomingGrainCallFilter[] IncomingFilters { get; private set; } = [];

    /// <summary>Why it could not be activated; null when it could.</summary>
    internal Exception? Failure => _deactivationReason.ReasonCode == DeactivationReasonCode.ActivationFailed ? _deactivationReason.Exception : null;

    internal int StatelessLoad;

    public object? GetTarget() => GrainInstance;

    public object? GetComponent(Type componentType)
    {
        if (_components is not null && _components.TryGetValue(componentType, out var component))
        {
            return component;
        }

        return componentType.IsInstanceOfType(GrainInstance) ? GrainInstance
            : componentType.IsInstanceOfType(this) ? this : ActivationServices.GetService(componentType);
    }

    public void SetComponent<TComponent>(TComponent? value)
        where TComponent : class
    {
        _components ??= [];
        if (value is null)
        {
            _components.Remove(typeof(TComponent));
        }
        else
        {
            _components[typeof(TComponent)] = value;
        }
    }

    public void QueueAction(Action action) => Enqueue(new ActionWork(static (_, state) => ((Action)state!)(), action));

    public void QueueAction(Action<object> action, object state) =>
        Enqueue(new ActionWork(static (_, pair) =>
        {
            var (run, argument) = ((Action<object>, object))pair!;
            run(argument);
        }, (action, state)));

    void IWorkItemScheduler.QueueTask(Task task) => task.Start(this);

    public bool Equals(IGrainContext? other) => ReferenceEquals(this, other);

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    public override string ToString() => $"{GrainId} {ActivationId}";

    // Called by the collector, from outside the turns: a request that arrives meanwhile is passed on.
    internal bool IsCollectable(long nowTick) => _class.CollectionAgeTicks is { } age && IsIdleFor(age, nowTick);

    // A grain that is never collected is not collected on demand either.
    internal bool IsIdleFor(long ageTicks) => _class.CollectionAgeTicks is not null && IsIdleFor(ageTicks, _silo.Cluster.Timeouts.NowTick);

    internal void EndIfIdle() => Enqueue(new ActionWork(
        static (activation, _) =>
        {
            if (activation.IsIdleFor(0))
            {
                activation.BeginDeactivation(new DeactivationReason(DeactivationReasonCode.ActivationIdle, "There are more workers than work."), default);
            }
        },
        null));

    // In a turn. Somebody may have called after the collector looked.
    internal void CollectIdle(IdleCollector collector)
    {
        if (IsCollectable(_silo.Cluster.Timeouts.NowTick))
        {
            _collector = collector;
            BeginDeactivation(IdleReason, default);
        }
        else
        {
            collector.OnEnded();
        }
    }

    internal Task CollectAsync(long ageTicks)
    {
        var decided = new TaskCompletionSource<Task>(_silo.Cluster.ContinuationOptions);
        QueueAction(() =>
        {
            if (IsIdleFor(ageTicks))
            {
                BeginDeactivation(new DeactivationReason(DeactivationReasonCode.ActivationIdle, "A collection was asked for."), default);
            }

            decided.TrySetResult(State == ActivationState.Valid ? Task.CompletedTask : Deactivated);
        });
        return EndAsync(decided.Task);

        static async Task EndAsync(Task<Task> decided) => await await decided;
    }

    internal void DelayCollection(TimeSpan time)
    {
        var now = _silo.Cluster.Timeouts.NowTick;
        Volatile.Write(
            ref _keepUntilTick,
            time == Timeout.InfiniteTimeSpan ? long.MaxValue : time <= TimeSpan.Zero ? 0 : time >= TimeSpan.FromDays(10_000) ? long.MaxValue : now + CallTimeouts.ToTicks(time));
    }

    private bool IsIdleFor(long ageTicks, long nowTick) =>
        State == ActivationState.Valid
        && nowTick - Volatile.Read(ref _lastUsedTick) >= ageTicks
        && nowTick >= Volatile.Read(ref _keepUntilTick)
        && IsIdle;

    internal void Touch() => _lastUsedTick = _silo.Cluster.Timeouts.NowTick;
}
