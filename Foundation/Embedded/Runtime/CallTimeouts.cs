namespace Orleans.Embedded;

/// <summary>
/// Ends calls whose answer is late, with one timer for all of them. A call is noticed up to one tick after its time.
/// </summary>
internal sealed class CallTimeouts : IDisposable
{
    public const int TickMs = 100;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(TickMs);

    private readonly TimeoutStripe[] _stripes;
    private readonly TimeProvider _clock;
    private readonly long _startedAt;
    private readonly ITimer _timer;
    private long _nowTick;

    public CallTimeouts(TimeProvider clock, int stripeCount)
    {
        _clock = clock;
        _startedAt = clock.GetTimestamp();
        _stripes = new TimeoutStripe[Math.Clamp(stripeCount, 1, 16)];
        for (var index = 0; index < _stripes.Length; index++)
        {
            _stripes[index] = new TimeoutStripe();
        }

        using (ExecutionContext.SuppressFlow())
        {
            _timer = clock.CreateTimer(static state => ((CallTimeouts)state!).OnTick(), this, Tick, Tick);
        }
    }

    /// <summary>A coarse clock, in ticks of 100 ms.</summary>
    public long NowTick => Volatile.Read(ref _nowTick);

    public static long ToTicks(TimeSpan time) => (time.Ticks + Tick.Ticks - 1) / Tick.Ticks;

    public void Add(GrainRequest request, TimeSpan timeout)
    {
        request._timeout = timeout;
        request._deadlineTick = NowTick + ToTicks(timeout) + 1;
        _stripes[Thread.GetCurrentProcessorId() % _stripes.Length].Add(request);
    }

    public void Dispose() => _timer.Dispose();

    private void OnTick()
    {
        var now = _clock.GetElapsedTime(_startedAt).Ticks / Tick.Ticks;
        Volatile.Write(ref _nowTick, now);
        foreach (var stripe in _stripes)
        {
            var late = stripe.TakeLate(now);
            while (late is not null)
            {
                var next = late._timeoutNext;
                late._timeoutNext = null;
                late.FailLate();
                late = next;
            }
        }
    }
}

/// <summary>Some of the calls that wait for an answer.</summary>
internal sealed class TimeoutStripe
{
    private readonly Lock _gate = new();
    private GrainRequest? _first;
    private GrainRequest? _last;

    public void Add(GrainRequest request)
    {
        lock (_gate)
        {
            request._timeoutStripe = this;
            request._timeoutPrevious = _last;
            request._timeoutNext = null;
            if (_last is null)
            {
                _first = request;
            }
            else
            {
                _last._timeoutNext = request;
            }

            _last = request;
        }
    }

    public void Remove(GrainRequest request)
    {
        lock (_gate)
        {
            if (ReferenceEquals(request._timeoutStripe, this))
            {
                Unlink(request);
            }
        }
    }

    /// <summary>Takes the late calls out, as a chain. Taking claims the right to answer them, so none can be reused meanwhile.</summary>
    public GrainRequest? TakeLate(long nowTick)
    {
        GrainRequest? late = null;
        lock (_gate)
        {
            for (var request = _first; request is not null;)
            {
                var next = request._timeoutNext;
                if (request._deadlineTick <= nowTick && request.TryMarkAnswered())
                {
                    Unlink(request);
                    request._timeoutNext = late;
                    late = request;
                }

                request = next;
            }
        }

        return late;
    }

    private void Unlink(GrainRequest request)
    {
        if (request._timeoutPrevious is { } previous)
        {
            previous._timeoutNext = request._timeoutNext;
        }
        else
        {
            _first = request._timeoutNext;
        }

        if (request._timeoutNext is { } next)
        {
            next._timeoutPrevious = request._timeoutPrevious;
        }
        else
        {
            _last = request._timeoutPrevious;
        }

        request._timeoutStripe = null;
        request._timeoutPrevious = null;
        request._timeoutNext = null;
    }
}
