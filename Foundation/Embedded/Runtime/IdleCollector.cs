namespace Orleans.Embedded;

/// <summary>Ends the activations of one silo that nobody has called for longer than their age, in bounded steps.</summary>
/// <remarks>
/// A pass looks at every activation once. It gives way to other work after each step, and it waits while as many ends as it may have under
/// way are not over: a million idle activations are then neither a long stop nor a million writes at a time. The directory's enumeration
/// holds no lock and is not disturbed by what comes and goes meanwhile; what comes during a pass is for the next one.
/// </remarks>
internal sealed class IdleCollector : IThreadPoolWorkItem
{
    /// <summary>How many activations a step looks at; well below a millisecond.</summary>
    internal const int LooksPerStep = 2048;

    /// <summary>
    /// How many collected activations may be in their end at a time. What an end awaits (a write, a call) is limited by the silo's
    /// deactivation timeout, so that a pass always goes on.
    /// </summary>
    internal const int EndsUnderWayMax = 256;

    private const int EndsUnderWayToGoOn = EndsUnderWayMax / 2;

    private readonly SiloRuntime _silo;
    private readonly Func<Task> _step;

    // Kept for ever: a new object in the inbox of each old activation would make the next garbage collection look at all of them, and that
    // is a stop of 100 ms for a million.
    private readonly Stack<CollectWork> _works = new(EndsUnderWayMax);
    private readonly Lock _worksGate = new();
    private ITimer? _timer;
    private IEnumerator<Activation>? _pass;
    private int _endsUnderWay;
    private int _isPassing;
    private int _isWaiting;
    private volatile bool _isStopped;

    public IdleCollector(SiloRuntime silo)
    {
        _silo = silo;
        _step = () =>
        {
            Step();
            return Task.CompletedTask;
        };
    }

    /// <summary>Takes back what was put into an activation's inbox.</summary>
    public void Return(CollectWork work)
    {
        lock (_worksGate)
        {
            _works.Push(work);
        }
    }

    /// <summary>Starts a pass each time a quantum is over.</summary>
    /// <param name="quantum">More than zero.</param>
    public void Start(TimeSpan quantum)
    {
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            _timer = _silo.TimeProvider.CreateTimer(static state => ((IdleCollector)state!).BeginPass(), this, quantum, quantum);
        }
    }

    /// <summary>Tells that an activation that was asked to end has ended, or has not because somebody called it.</summary>
    public void OnEnded()
    {
        if (Interlocked.Decrement(ref _endsUnderWay) <= EndsUnderWayToGoOn && Interlocked.Exchange(ref _isWaiting, 0) != 0)
        {
            QueueStep();
        }
    }

    /// <summary>Ends the pass under way and begins no other.</summary>
    public void Stop()
    {
        _isStopped = true;
        _timer?.Dispose();
    }

    void IThreadPoolWorkItem.Execute() => Step();

    private void BeginPass()
    {
        if (Interlocked.Exchange(ref _isPassing, 1) != 0)
        {
            // The last pass still waits for ends. It goes on, and the next quantum begins another.
            return;
        }

        _pass = _silo.ToCollect().GetEnumerator();
        Step();
    }

    private void Step()
    {
        for (var look = 0; look < LooksPerStep; look++)
        {
            if (!HasRoom())
            {
                return;
            }

            if (_isStopped || _silo.IsDead || !_pass!.MoveNext())
            {
                _pass!.Dispose();
                _pass = null;
                Volatile.Write(ref _isPassing, 0);
                return;
            }

            if (_pass.Current.IsCollectable(_silo.Cluster.Timeouts.NowTick))
            {
                Interlocked.Increment(ref _endsUnderWay);
                _pass.Current.Enqueue(TakeWork());
            }
        }

        QueueStep();
    }

    // False: the pass waits, and the end that makes room continues it.
    private bool HasRoom()
    {
        if (Volatile.Read(ref _endsUnderWay) < EndsUnderWayMax)
        {
            return true;
        }

        Interlocked.Exchange(ref _isWaiting, 1);
        return Volatile.Read(ref _endsUnderWay) <= EndsUnderWayToGoOn && Interlocked.Exchange(ref _isWaiting, 0) != 0;
    }

    private CollectWork TakeWork()
    {
        lock (_worksGate)
        {
            return _works.TryPop(out var work) ? work : new CollectWork(this);
        }
    }

    private void QueueStep()
    {
        if (_silo.Simulation is { } simulation)
        {
            _ = simulation.RunAsync(_silo, _step);
        }
        else
        {
            // Behind what waits already.
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
