namespace OrleansFlow.Simulation.Kernel;

/// <summary>
/// One operating-system process of the simulated world: a scheduler whose tasks are steps of the kernel, and a clock. After it was killed
/// none of its code goes on, at whatever await it stood.
/// </summary>
internal sealed class SimulatedProcess : TaskScheduler
{
    private bool _runsInline;

    /// <summary>Makes a process.</summary>
    /// <param name="kernel">Where it runs.</param>
    /// <param name="name">Names it in the history.</param>
    /// <param name="clockRate">How fast its monotonic clock runs; 1 is right.</param>
    public SimulatedProcess(SimulationKernel kernel, string name, double clockRate = 1)
    {
        Kernel = kernel;
        Name = name;
        ClockRate = clockRate;
        Clock = new SimulatedClock(this);
    }

    public SimulationKernel Kernel { get; }

    public string Name { get; }

    public double ClockRate { get; }

    public SimulatedClock Clock { get; }

    public bool IsDead { get; private set; }

    /// <summary>Monotonic time of this process.</summary>
    public TimeSpan Now => ClockRate == 1 ? Kernel.Now : Kernel.Now * ClockRate;

    public override int MaximumConcurrencyLevel => 1;

    public TimeSpan ToKernelTime(TimeSpan own) => ClockRate == 1 ? own : own / ClockRate;

    /// <summary>Ends it as a crash does.</summary>
    public void Kill() => IsDead = true;

    /// <summary>Starts asynchronous work in it.</summary>
    public Task RunAsync(Func<Task> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    /// <inheritdoc cref="RunAsync(Func{Task})"/>
    public Task<T> RunAsync<T>(Func<Task<T>> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    /// <summary>Runs work here and now, as a turn of this process.</summary>
    public void RunInline(Action<object?> work, object? state)
    {
        if (IsDead)
        {
            return;
        }

        _runsInline = true;
        var task = new Task(work, state, CancellationToken.None, TaskCreationOptions.DenyChildAttach);
        task.RunSynchronously(this);
        _runsInline = false;
        Kernel.Observe(task);
    }

    /// <summary>Runs a queued task; a step of the kernel.</summary>
    public void Execute(Task task)
    {
        if (!IsDead)
        {
            TryExecuteTask(task);
        }
    }

    protected override void QueueTask(Task task)
    {
        if (!IsDead)
        {
            Kernel.Ready(task, this);
        }
    }

    // Only what was asked to: every resumption after an await is a step of its own, at which the process can be killed.
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued)
    {
        if (!_runsInline || taskWasPreviouslyQueued)
        {
            return false;
        }

        _runsInline = false;
        return TryExecuteTask(task);
    }

    protected override IEnumerable<Task>? GetScheduledTasks() => null;
}
