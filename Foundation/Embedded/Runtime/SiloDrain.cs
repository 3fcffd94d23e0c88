namespace Orleans.Embedded;

/// <summary>Ends all activations of a silo that stops, a bounded number at a time.</summary>
/// <remarks>
/// A million activations that write a last state are then not a million writes at a time. Ends that hang must not keep the others from
/// theirs for the whole stop: while none is over within a sixteenth of the deactivation timeout, as many more begin.
/// </remarks>
internal sealed class SiloDrain : IDisposable
{
    /// <summary>How many activations may be in their end at a time, as for the idle ones.</summary>
    internal const int EndsUnderWayMax = IdleCollector.EndsUnderWayMax;

    private const int PatiencePerTimeout = 16;

    private static readonly TimeSpan PatienceMin = TimeSpan.FromMilliseconds(1);
    private static readonly DeactivationReason Reason = new(DeactivationReasonCode.ShuttingDown, "The silo stops.");

    private readonly CancellationToken _token;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private TaskCompletionSource? _room;
    private int _underWay;
    private int _limit = EndsUnderWayMax;
    private bool _hasEnded;

    /// <summary>Begins to watch for ends that hang.</summary>
    /// <param name="silo">Whose activations are to end.</param>
    /// <param name="cancellationToken">Ends the stop; no further end begins then.</param>
    public SiloDrain(SiloRuntime silo, CancellationToken cancellationToken)
    {
        _token = cancellationToken;
        var patience = silo.DeactivationTimeout / PatiencePerTimeout;
        patience = patience > PatienceMin ? patience : PatienceMin;
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            _timer = silo.TimeProvider.CreateTimer(static state => ((SiloDrain)state!).OnPatienceOver(), this, patience, patience);
        }
    }

    /// <summary>Ends activations; each is asked for when its turn comes. Completes when all have ended, or when the stop does.</summary>
    public async Task EndAsync(IEnumerable<Activation> activations)
    {
        foreach (var activation in activations)
        {
            await WaitAsync(isRoom: true);
            if (_token.IsCancellationRequested)
            {
                return;
            }

            lock (_gate)
            {
                _underWay++;
            }

            _ = EndAsync(activation);
        }

        await WaitAsync(isRoom: false);
    }

    public void Dispose() => _timer.Dispose();

    // Never fails: the end of an activation handles its own failures. Owned by the count of those under way.
    private async Task EndAsync(Activation activation)
    {
        await activation.EndAsync(Reason, _token);
        lock (_gate)
        {
            _underWay--;
            _hasEnded = true;
            Wake();
        }
    }

    /// <summary>Waits until there is room for one more, or until none is under way, or until the stop ends.</summary>
    private async Task WaitAsync(bool isRoom)
    {
        while (true)
        {
            Task woken;
            lock (_gate)
            {
                if ((isRoom ? _underWay < _limit : _underWay == 0) || _token.IsCancellationRequested)
                {
                    return;
                }

                _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                woken = _room.Task;
            }

            await woken;
        }
    }

    private void OnPatienceOver()
    {
        lock (_gate)
        {
            if (!_hasEnded)
            {
                _limit = Math.Min(_limit, int.MaxValue - EndsUnderWayMax) + EndsUnderWayMax;
            }

            _hasEnded = false;
            Wake();
        }
    }

    private void Wake()
    {
        var room = _room;
        _room = null;
        room?.SetResult();
    }
}
