using System.Diagnostics.CodeAnalysis;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Worker.Attempts;

/// <summary>One attempt of one task: its lease, whether and why it must stop, and the effects that await their receipts.</summary>
/// <remarks>
/// <para>An effect stays here from when it is made until its receipt arrives; after a lost stream all that are left are sent again, in order,
/// and the owner tells repetitions by lease and number. Nothing is sent twice on one stream but what the owner could not store.</para>
/// <para>Two things can be asked of an attempt. <b>Stop</b>: the handler is told to return, and what it does then is reported as a stop.
/// <b>Fence</b>: its lease is gone, so nothing it makes may leave this process any more, whatever the handler does.</para>
/// <para>Thread-safe. No user code runs under its lock.</para>
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and no wait handle, and disposing it would race with a late stop.")]
internal sealed partial class TaskAttempt
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly SessionOutbox _outbox;
    private readonly int _window;
    private List<BatchReport>? _reports;
    private TaskCompletionSource? _receiptArrived;
    private Task _cancelling = Task.CompletedTask;
    private LostInput? _lostInput;
    private double _progress = double.NaN;
    private bool _mustResend;

    public TaskAttempt(Offer offer, LeaseToken token, SessionOutbox outbox, int window, long startedAt)
    {
        Offer = offer;
        Token = token;
        _outbox = outbox;
        _window = window;
        StartedAt = startedAt;
        Stopping = _stopping.Token;
    }

    public Offer Offer { get; }

    public LeaseToken Token { get; }

    /// <summary>Timestamp of the worker's clock.</summary>
    public long StartedAt { get; }

    public CancellationToken Stopping { get; }

    /// <summary>Why it must stop; null while it need not.</summary>
    public string? StopReason { get; private set; }

    /// <summary>When it was told to stop, as a timestamp of the worker's clock.</summary>
    public long StopRequestedAt { get; private set; }

    /// <summary>How long the handler may take to return, from then on.</summary>
    public TimeSpan StopGrace { get; private set; }

    /// <summary>The lease is gone: no effect may leave but the word that the attempt has stopped.</summary>
    public bool IsFenced { get; private set; }

    /// <summary>The gateway said that it no longer knows the lease: not even the stop is of interest.</summary>
    public bool IsForgotten { get; private set; }

    /// <summary>The owner refused an effect for a reason other than the lease.</summary>
    public string? RefusedReason { get; private set; }

    /// <summary>The end, once there is one, until its receipt.</summary>
    public Outcome? Outcome { get; private set; }

    /// <summary>Where it stands; the dispatcher's, under the dispatcher's lock.</summary>
    public AttemptPhase Phase { get; set; }

    /// <summary>Tells the handler to return. The first reason stands.</summary>
    /// <param name="reason">Error code as text.</param>
    /// <param name="fences">True when the lease is gone.</param>
    /// <param name="now">Timestamp of the worker's clock.</param>
    /// <param name="grace">How long the handler may take to return.</param>
    /// <returns>True when this call was the first to ask for the stop.</returns>
    public bool Stop(string reason, bool fences, long now, TimeSpan grace)
    {
        TaskCompletionSource? waiting;
        bool isFirst;
        lock (_gate)
        {
            isFirst = StopReason is null;
            if (fences && !IsFenced)
            {
                IsFenced = true;
                _reports?.Clear();
                DropCheckpointWhileLocked();
            }

            if (isFirst)
            {
                StopRequestedAt = now;
                StopGrace = grace;
                StopReason = reason;

                // Asynchronously: the callbacks are the handler's code, and the caller is the session.
                _cancelling = _stopping.CancelOnSchedulerAsync();
            }

            waiting = _receiptArrived;
            _receiptArrived = null;
        }

        waiting?.TrySetResult();
        return isFirst;
    }

    /// <summary>How long it may still take; null without a limit.</summary>
    /// <param name="clock">The worker's clock.</param>
    public TimeSpan? RemainingAt(TimeProvider clock)
    {
        var left = StopReason is not null ? StopGrace - clock.GetElapsedTime(StopRequestedAt)
            : Offer.TimeoutMs > 0 ? TimeSpan.FromMilliseconds(Offer.TimeoutMs) - clock.GetElapsedTime(StartedAt)
            : (TimeSpan?)null;
        return left < TimeSpan.Zero ? TimeSpan.Zero : left;
    }

    /// <summary>The gateway no longer knows the lease; to be followed by a stop that fences.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            IsForgotten = true;
        }
    }

    public void ReportProgress(double fraction) => Interlocked.Exchange(ref _progress, Math.Clamp(fraction, 0, 1));

    /// <summary>The newest progress that was not taken yet; null when there is none.</summary>
    public double? TakeProgress()
    {
        var progress = Interlocked.Exchange(ref _progress, double.NaN);
        return double.IsNaN(progress) ? null : progress;
    }

    /// <summary>Waits for the handler's cancellation callbacks. Their failures are the handler's and change nothing.</summary>
    public Task WhenCancellingEndedAsync()
    {
        lock (_gate)
        {
            return _cancelling;
        }
    }
}
