namespace OrleansFlow.Worker.Sessions;

/// <summary>
/// Until when this worker may believe in its leases. The gateway renews them when it handles a heartbeat, which is not before the
/// heartbeat was sent; so a worker that counts the lease duration from the sending, on its own monotonic clock, gives up no later than
/// the control plane does, however the two wall clocks differ.
/// </summary>
/// <remarks>Source: C. Gray and D. Cheriton, "Leases: An Efficient Fault-Tolerant Mechanism for Distributed File Cache Consistency", SOSP 1989.</remarks>
internal sealed class LeaseFence : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly Action _expired;
    private readonly ITimer _timer;
    private readonly Queue<(long Sequence, long SentAt)> _sent = new();
    private TimeSpan _duration;
    private long _countedFrom;
    private bool _isArmed;

    public LeaseFence(TimeProvider clock, Action expired)
    {
        _clock = clock;
        _expired = expired;
        _timer = clock.CreateTimer(static state => ((LeaseFence)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Time since the newest message that the gateway answered, a registration or heartbeat, was sent; null while it has answered none.</summary>
    public TimeSpan? SinceLastReceipt
    {
        get
        {
            lock (_gate)
            {
                return _duration > TimeSpan.Zero ? _clock.GetElapsedTime(_countedFrom) : null;
            }
        }
    }

    /// <summary>A registration was answered: every lease that was not declared lost stands from then on.</summary>
    public void OnRegistered(long sentAt, TimeSpan duration)
    {
        lock (_gate)
        {
            _sent.Clear();
            _duration = duration;
            _countedFrom = sentAt;
            _isArmed = true;
            ArmWhileLocked();
        }
    }

    /// <summary>A heartbeat is about to be sent.</summary>
    public void OnSending(long sequence)
    {
        lock (_gate)
        {
            _sent.Enqueue((sequence, _clock.GetTimestamp()));
        }
    }

    /// <summary>A heartbeat's receipt arrived.</summary>
    public void OnReceipt(long sequence)
    {
        lock (_gate)
        {
            // Receipts come in order; one that is missing is covered by the next. The timer is left alone: it looks again when it fires.
            while (_sent.TryPeek(out var oldest) && oldest.Sequence <= sequence)
            {
                _sent.Dequeue();
                _countedFrom = Math.Max(_countedFrom, oldest.SentAt);
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private void OnTimer()
    {
        lock (_gate)
        {
            if (!_isArmed)
            {
                return;
            }

            if (_clock.GetElapsedTime(_countedFrom) < _duration)
            {
                ArmWhileLocked();
                return;
            }

            _isArmed = false;
        }

        _expired();
    }

    private void ArmWhileLocked()
    {
        var left = _duration - _clock.GetElapsedTime(_countedFrom);
        _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
