using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Worker.Attempts;

/// <summary>
/// Every attempt of this worker: begins offers while slots are free, stops what must stop, gives up what does not return, and keeps
/// each until the gateway has answered its end. Outlives the streams of its session.
/// </summary>
/// <remarks>
/// The gateway counts a slot as free once it has the attempt's end, which is why every attempt that the gateway still knows ends with an
/// outcome, also when it was stopped. Where the two counts differ for a moment, an offer waits here.
/// Thread-safe; attempts are started outside the lock.
/// </remarks>
internal sealed partial class AttemptDispatcher : IDisposable
{
    /// <summary>Work that takes as long as this is not to be done twice.</summary>
    private static readonly TimeSpan DearAttempt = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string TaskId, long Epoch), TaskAttempt> _attempts = [];
    private readonly Queue<TaskAttempt> _waiting = new();
    private readonly SessionOutbox _outbox;
    private readonly WorkerSessionOptions _options;
    private readonly Action<TaskAttempt> _start;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private int _usedSlots;
    private TaskCompletionSource? _idle;
    private bool _isDraining;

    public AttemptDispatcher(
        SessionOutbox outbox, WorkerSessionOptions options, Action<TaskAttempt> start, TimeProvider clock, ILogger logger)
    {
        _outbox = outbox;
        _options = options;
        _start = start;
        _clock = clock;
        _logger = logger;
        _timer = clock.CreateTimer(
            static state => ((AttemptDispatcher)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Attempts that are not over: waiting, running, or ended and unanswered.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _attempts.Count;
            }
        }
    }

    /// <summary>Attempts that run.</summary>
    public int RunningCount
    {
        get
        {
            lock (_gate)
            {
                return _usedSlots;
            }
        }
    }

    /// <summary>Attempts that wait for a slot of this worker.</summary>
    public int WaitingCount
    {
        get
        {
            lock (_gate)
            {
                return _attempts.Values.Count(static attempt => attempt.Phase == AttemptPhase.Waiting);
            }
        }
    }

    /// <summary>Takes a lease that the gateway granted. A repeated offer changes nothing.</summary>
    public void Offer(Offer offer)
    {
        var token = new LeaseToken(TaskId.Parse(offer.Lease.TaskId), offer.Lease.Epoch);
        var now = _clock.GetTimestamp();
        var attempt = MakeAttempt(offer, token, now);
        List<TaskAttempt>? superseded = null;
        bool isRefused;
        lock (_gate)
        {
            if (!_attempts.TryAdd((offer.Lease.TaskId, offer.Lease.Epoch), attempt))
            {
                return;
            }

            if (token.Epoch > 1 && _attempts.Count > 1)
            {
                superseded = [.. _attempts.Values.Where(other => other.Token.TaskId == token.TaskId && other.Token.Epoch < token.Epoch)];
            }

            isRefused = _isDraining;
            if (!isRefused && _usedSlots < _options.Slots)
            {
                _usedSlots++;
                attempt.Phase = AttemptPhase.Running;
            }
            else if (!isRefused)
            {
                _waiting.Enqueue(attempt);
            }

            if (offer.TimeoutMs > 0)
            {
                ArmWhileLocked(now, TimeSpan.FromMilliseconds(offer.TimeoutMs));
            }
        }

        // A newer epoch of the same task proves that the older lease has ended, even if the word of it was lost.
        foreach (var older in superseded ?? [])
        {
            Stop(older, FlowErrorKind.Of(FlowErrorCode.LeaseLost).Wire, fences: true);
        }

        if (isRefused)
        {
            Stop(attempt, StopReasons.Drain, fences: false);
        }
        else if (attempt.Phase == AttemptPhase.Running)
        {
            _start(attempt);
        }
    }

    /// <summary>The attempt is over: its slot is free and its end leaves. Only the first call for an attempt counts.</summary>
    public void End(TaskAttempt attempt, Outcome outcome)
    {
        TaskAttempt? next = null;
        lock (_gate)
        {
            if (attempt.Phase == AttemptPhase.Ended)
            {
                return;
            }

            if (attempt.Phase == AttemptPhase.Running)
            {
                _usedSlots--;
            }

            attempt.Phase = AttemptPhase.Ended;
            while (_usedSlots < _options.Slots && _waiting.TryDequeue(out var waiting))
            {
                if (waiting.Phase == AttemptPhase.Waiting)
                {
                    _usedSlots++;
                    waiting.Phase = AttemptPhase.Running;
                    next = waiting;
                    break;
                }
            }
        }

        // A short attempt without batches is cheaper to run again than to keep apart.
        var isDear = _outbox.Journal is not null && (outcome.BatchCount > 0 || _clock.GetElapsedTime(attempt.StartedAt) >= DearAttempt);
        if (!attempt.End(outcome, isDear))
        {
            Remove(attempt);
        }

        if (next is not null)
        {
            _start(next);
        }
    }

    /// <summary>The control plane ended a lease.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="reason">Why.</param>
    /// <param name="graceMs">How long the handler may take to return, in ms; 0 for the worker's own stop grace.</param>
    public void Revoke(Lease lease, string reason, long graceMs = 0)
    {
        if (Find(lease) is { } attempt)
        {
            Stop(attempt, reason, fences: true, graceMs > 0 ? TimeSpan.FromMilliseconds(Math.Min(graceMs, GraceMsMax)) : null);
        }
    }

    /// <summary>Takes no more offers: those that still come, and those that wait for a slot, are handed back.</summary>
    public void BeginDrain()
    {
        lock (_gate)
        {
            _isDraining = true;
        }

        foreach (var attempt in Snapshot().Where(attempt => attempt.Phase == AttemptPhase.Waiting))
        {
            Stop(attempt, StopReasons.Drain, fences: false);
        }
    }

    /// <summary>Stops every attempt.</summary>
    public void StopAll(string reason, bool fences)
    {
        foreach (var attempt in Snapshot())
        {
            Stop(attempt, reason, fences);
        }
    }

    /// <summary>Ends when no attempt is left: every end was answered.</summary>
    public Task WhenIdleAsync()
    {
        lock (_gate)
        {
            if (_attempts.Count == 0)
            {
                return Task.CompletedTask;
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task.OnSchedulerAsync();
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Stop(TaskAttempt attempt, string reason, bool fences, TimeSpan? grace = null)
    {
        var now = _clock.GetTimestamp();
        attempt.Stop(reason, fences, now, grace ?? _options.StopGrace);
        bool hasNotBegun;
        lock (_gate)
        {
            hasNotBegun = attempt.Phase == AttemptPhase.Waiting;
            if (attempt.Phase == AttemptPhase.Running)
            {
                ArmWhileLocked(now, attempt.StopGrace);
            }
        }

        if (hasNotBegun)
        {
            End(attempt, attempt.StopOutcome());
        }
    }

    private void Remove(TaskAttempt attempt)
    {
        lock (_gate)
        {
            _attempts.Remove((attempt.Offer.Lease.TaskId, attempt.Offer.Lease.Epoch));
            if (_attempts.Count == 0)
            {
                _idle?.TrySetResult();
                _idle = null;
            }
        }
    }

    private TaskAttempt? Find(Lease lease)
    {
        lock (_gate)
        {
            return _attempts.GetValueOrDefault((lease.TaskId, lease.Epoch));
        }
    }

    /// <summary>The attempts in the order of their offers, so that nothing depends on hash order.</summary>
    private List<TaskAttempt> Snapshot()
    {
        lock (_gate)
        {
            List<TaskAttempt> attempts = [.. _attempts.Values];
            attempts.Sort(static (left, right) =>
                left.StartedAt != right.StartedAt
                    ? left.StartedAt.CompareTo(right.StartedAt)
                    : string.CompareOrdinal(left.Offer.Lease.TaskId, right.Offer.Lease.TaskId));
            return attempts;
        }
    }
}
