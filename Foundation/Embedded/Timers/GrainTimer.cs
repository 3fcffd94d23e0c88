using Orleans.Embedded;

namespace Orleans.Timers;

/// <summary>A timer of an activation. Its ticks are requests like others, so they take their turn.</summary>
internal sealed class GrainTimer<TState> : VoidGrainRequest, IGrainTimer, IGrainTimerControl
{
    private static readonly GrainMethod InOrder = new(typeof(IGrainTimer), "Tick", [], GrainMethodOptions.OneWay);
    private static readonly GrainMethod Interleaved = new(
        typeof(IGrainTimer), "Tick", [], GrainMethodOptions.OneWay | GrainMethodOptions.AlwaysInterleave);

    // What the platform's timers take, in milliseconds.
    private const long LongestMs = 0xfffffffe;

    private readonly Lock _gate = new();
    private readonly Activation _activation;
    private readonly Func<TState, CancellationToken, Task> _callback;
    private readonly TState _state;
    private readonly GrainTimerCreationOptions _options;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly ITimer _timer;
    private TimeSpan _period;
    private bool _isTicking;
    private bool _wasChanged;
    private bool _isDueAgain;
    private bool _isDisposed;

    public GrainTimer(
        Activation activation, TimeProvider clock, Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options)
    {
        Check(options.DueTime, options.Period);
        _activation = activation;
        _callback = callback;
        _state = state;
        _options = options;
        _period = options.Period;
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            _timer = clock.CreateTimer(
                static timer => ((GrainTimer<TState>)timer!).OnDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        _timer.Change(options.DueTime, Timeout.InfiniteTimeSpan);
    }

    public override GrainMethod Method => _options.Interleave ? Interleaved : InOrder;

    internal override bool KeepsActivationAlive => _options.KeepAlive;

    internal override bool IsRedispatchable => false;

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        Check(dueTime, period);
        lock (_gate)
        {
            // A disposed timer stays silent, as the platform's timers do.
            if (!_isDisposed)
            {
                _period = period;
                _wasChanged = true;
                _isDueAgain = false;
                _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public new void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        _timer.Dispose();
        _cancellation.Cancel();
        _activation.RemoveTimer(this);
    }

    void IDisposable.Dispose() => Dispose();

    internal override void OnFinished(Activation activation, Exception? exception)
    {
        if (exception is not null and not OperationCanceledException)
        {
            ActivationLog.TimerFailed(activation.Silo.Logger, activation.GrainId, exception);
        }

        lock (_gate)
        {
            _isTicking = false;
            if (_isDisposed)
            {
                return;
            }

            if (_isDueAgain)
            {
                // The time that a change has set came before the callback ended.
                _isDueAgain = false;
                _timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            }
            else if (!_wasChanged)
            {
                // The period counts from the end of the callback, so a slow one never queues up behind itself.
                _timer.Change(_period > TimeSpan.Zero ? _period : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    protected override ValueTask RunVoid(object target)
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return default;
            }
        }

        return new ValueTask(_callback(_state, _cancellation.Token));
    }

    private static void Check(TimeSpan dueTime, TimeSpan period)
    {
        CheckOne(dueTime, nameof(dueTime));
        CheckOne(period, nameof(period));
    }

    private static void CheckOne(TimeSpan time, string name)
    {
        if (time != Timeout.InfiniteTimeSpan && (time < TimeSpan.Zero || time.TotalMilliseconds > LongestMs))
        {
            throw new ArgumentOutOfRangeException(
                name, time, $"A timer takes 0 to {LongestMs} ms, or Timeout.InfiniteTimeSpan; {name} is {time}. Use a reminder for longer times.");
        }
    }

    private void OnDue()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            if (_isTicking)
            {
                _isDueAgain = true;
                return;
            }

            // A change from here on, also one before the callback begins, stands when the callback has ended.
            (_isTicking, _wasChanged) = (true, false);
        }

        Prepare(null, owners: 1);
        _activation.Enqueue(this);
    }
}

/// <summary>Registers grain timers.</summary>
internal sealed class TimerRegistry(TimeProvider clock) : ITimerRegistry
{
    public IDisposable RegisterTimer(
        IGrainContext grainContext, Func<object?, Task> callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        RegisterGrainTimer(
            grainContext,
            (argument, _) => callback(argument),
            state,
            new GrainTimerCreationOptions { DueTime = dueTime, Period = period, Interleave = true });

    public IGrainTimer RegisterGrainTimer<TState>(
        IGrainContext grainContext, Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options)
    {
        ArgumentNullException.ThrowIfNull(grainContext);
        ArgumentNullException.ThrowIfNull(callback);
        if (grainContext is not Activation activation)
        {
            throw new ArgumentException($"A timer belongs to an activation, not to a '{grainContext.GetType()}'.", nameof(grainContext));
        }

        var timer = new GrainTimer<TState>(activation, clock, callback, state, options);
        activation.AddTimer(timer);
        return timer;
    }
}
