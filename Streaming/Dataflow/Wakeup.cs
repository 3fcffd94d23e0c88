using System.Threading.Tasks.Sources;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>A wait of one party at a time that allocates nothing. Arm and wake under the owner's lock.</summary>
internal sealed class Wakeup : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };

    public bool IsArmed { get; private set; }

    /// <summary>Begins a wait, which is to be awaited once.</summary>
    public ValueTask ArmWhileLockedAsync()
    {
        if (IsArmed)
        {
            throw new InvalidOperationException("Somebody waits here already; it is for one party at a time.");
        }

        _core.Reset();
        IsArmed = true;
        return new ValueTask(this, _core.Version);
    }

    /// <summary>Ends the wait, if there is one.</summary>
    public void WakeWhileLocked()
    {
        if (IsArmed)
        {
            IsArmed = false;
            _core.SetResult(true);
        }
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
