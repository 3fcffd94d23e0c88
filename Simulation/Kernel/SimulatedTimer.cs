namespace OrleansFlow.Simulation.Kernel;

/// <summary>A timer on virtual time. It fires as a step of its own, on the scheduler of its process.</summary>
internal sealed class SimulatedTimer(SimulatedProcess process, TimerCallback callback, object? state) : ITimer
{
    private long _version;
    private TimeSpan _period = Timeout.InfiniteTimeSpan;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (process.IsDead)
        {
            return false;
        }

        _version++;
        _period = period;
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            process.Kernel.At(process.ToKernelTime(dueTime), this, _version);
        }

        return true;
    }

    public void Dispose() => _version++;

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Whether what was set in this version still counts.</summary>
    public bool IsDue(long version) => version == _version && !process.IsDead;

    /// <summary>Fires.</summary>
    public void Fire()
    {
        if (_period > TimeSpan.Zero)
        {
            process.Kernel.At(process.ToKernelTime(_period), this, _version);
        }

        process.RunInline(static timer => ((SimulatedTimer)timer!).Call(), this);
    }

    private void Call() => callback(state);
}
