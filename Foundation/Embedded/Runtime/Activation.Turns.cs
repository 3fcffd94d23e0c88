namespace Orleans.Embedded;

/// <content>The inbox and the turns: many threads push, at most one pool thread at a time takes.</content>
internal sealed partial class Activation : TaskScheduler, IThreadPoolWorkItem
{
    private const int ClockCheckInterval = 32;

    private static readonly ActivationWork Busy = new ActionWork(static (_, _) => { }, null);
    private static readonly Action<object?> PumpDelegate = static state => ((Activation)state!).Pump();

    // Null: nobody takes and nothing waits. Busy: somebody takes, nothing new waits. Else: a stack of new work, last on top.
    private ActivationWork? _inbox;

    // What was taken from the inbox, in order of arrival. Only the taking thread touches what follows.
    private ActivationWork? _taken;
    private ActivationWork? _pumpFirst;
    private Task? _frame;
    private GrainRequest? _heldAnswer;
    private bool _checkWaiting;
    private bool _yield;
    private int _sliceCount;
    private long _sliceStart;
    private long _turnTick;

    public override int MaximumConcurrencyLevel => 1;

    internal void Enqueue(ActivationWork work)
    {
        while (true)
        {
            var head = Volatile.Read(ref _inbox);
            work._next = ReferenceEquals(head, Busy) ? null : head;
            if (ReferenceEquals(Interlocked.CompareExchange(ref _inbox, work, head), head))
            {
                if (head is null)
                {
                    QueueTurn(preferLocal: true);
                }

                return;
            }
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        var previous = GrainExecution.Enter(this);
        _yield = _silo.Simulation is not null;
        _sliceCount = 0;
        _sliceStart = 0;
        _turnTick = _silo.Cluster.Timeouts.NowTick;
        try
        {
            while (true)
            {
                if (!TryTake(out var work))
                {
                    // Another thread may have the next turn as soon as this one is given up.
                    var answer = _heldAnswer;
                    _heldAnswer = null;
                    if (ReferenceEquals(Interlocked.CompareExchange(ref _inbox, null, Busy), Busy))
                    {
                        GrainExecution.Enter(previous);
                        answer?.GiveHeldResult(isInline: true);
                        return;
                    }

                    answer?.GiveHeldResult(isInline: false);
                    continue;
                }

                GiveAnswer();

                if (work is TaskWork)
                {
                    // A task brings its own frame; anything else needs one, so that awaits inside resume here.
                    work.Execute(this);
                }
                else
                {
                    RunPump(work);
                }

                if (_checkWaiting)
                {
                    RunPump(null);
                }

                if (_yield || SliceIsOver())
                {
                    GiveAnswer();
                    QueueTurn(preferLocal: false);
                    return;
                }
            }
        }
        finally
        {
            GrainExecution.Enter(previous);
            _silo.Turns?.OnEnded();
        }
    }

    internal bool IsInTurn => _silo.Simulation is null && ReferenceEquals(GrainExecution.Current, this);

    /// <summary>
    /// Keeps an answer until the turn ends or goes on with other work. At the turn's end the caller goes on on this very thread, which saves
    /// a way through the pool's queue; where there is other work, the pool takes the caller.
    /// </summary>
    internal void HoldAnswer(GrainRequest request)
    {
        GiveAnswer();
        _heldAnswer = request;
    }

    internal void RunTask(Task task)
    {
        if (!_dead)
        {
            TryExecuteTask(task);
        }
    }

    internal void Continue(Action<object?> continuation, object? state)
    {
        if (!_dead)
        {
            continuation(state);
        }
    }

    protected override void QueueTask(Task task)
    {
        // The code of a killed activation does not go on, as after a crash.
        if (!_dead)
        {
            Enqueue(new TaskWork(task));
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && ReferenceEquals(GrainExecution.Current, this) && TryExecuteTask(task);

    protected override IEnumerable<Task>? GetScheduledTasks() => null;

    private void QueueTurn(bool preferLocal)
    {
        if (_silo.Simulation is { } simulation)
        {
            simulation.QueueTurn(this);
        }
        else
        {
            _silo.Turns?.OnQueued();
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal);
        }
    }

    private void GiveAnswer()
    {
        if (_heldAnswer is { } answer)
        {
            _heldAnswer = null;
            answer.GiveHeldResult(isInline: false);
        }
    }

    private void RunPump(ActivationWork? first)
    {
        _pumpFirst = first;
        SchedulerFrame.Run(ref _frame, this, PumpDelegate, this);
    }

    private void Pump()
    {
        _turnContext = ExecutionContext.Capture();
        var work = _pumpFirst;
        _pumpFirst = null;
        while (true)
        {
            if (work is not null)
            {
                try
                {
                    work.Execute(this);
                }
                catch (Exception exception)
                {
                    // Work reports its own failures; this would be a defect, and must not stop the activation for good.
                    LogTurnFailed(GrainId, exception);
                }
            }

            if (_checkWaiting)
            {
                GiveAnswer();
                StartWaiting();
            }

            if (_yield || SliceIsOver() || !TryTake(out work))
            {
                return;
            }

            GiveAnswer();
        }
    }

    private bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ActivationWork? work)
    {
        work = _taken;
        if (work is null)
        {
            if (ReferenceEquals(Volatile.Read(ref _inbox), Busy))
            {
                return false;
            }

            var stacked = Interlocked.Exchange(ref _inbox, Busy);
            while (stacked is not null)
            {
                var below = stacked._next;
                stacked._next = work;
                work = stacked;
                stacked = below;
            }
        }

        _taken = work!._next;
        work._next = null;
        return true;
    }

    // One activation that always has work must not keep the thread from the others.
    private bool SliceIsOver()
    {
        var tick = _silo.Cluster.Timeouts.NowTick;
        if (tick != _turnTick)
        {
            if (tick - _turnTick > _silo.TurnWarningTicks)
            {
                LogLongTurn(GrainId, (tick - _turnTick) * CallTimeouts.TickMs, _silo.TurnWarningTicks * CallTimeouts.TickMs);
            }

            _turnTick = tick;
        }

        if (++_sliceCount % ClockCheckInterval != 0)
        {
            return _yield;
        }

        // A short slice never reads the clock; a long one counts from its first look at it.
        if (_sliceStart == 0)
        {
            _sliceStart = _silo.TimeProvider.GetTimestamp();
        }
        else if (_silo.TimeProvider.GetElapsedTime(_sliceStart) >= _silo.SchedulingQuantum)
        {
            _yield = true;
        }

        return _yield;
    }
}
