using OrleansFlow.Errors;

namespace OrleansFlow.Worker.Attempts;

/// <summary>Time limits: one timer, set to the earliest of them, so an attempt without a limit costs no timer.</summary>
internal sealed partial class AttemptDispatcher
{
    /// <summary>Longest grace that a worker takes from the gateway: that of its own options.</summary>
    private const long GraceMsMax = 3_600_000;

    private readonly ITimer _timer;
    private long _timerDueAt = long.MaxValue;

    private void OnTimer()
    {
        var now = _clock.GetTimestamp();
        List<TaskAttempt> late = [];
        List<TaskAttempt> abandoned = [];
        var attempts = Snapshot();
        lock (_gate)
        {
            _timerDueAt = long.MaxValue;
            foreach (var attempt in attempts)
            {
                var isStopping = attempt.StopReason is not null;
                if (attempt.Phase == AttemptPhase.Ended || (!isStopping && attempt.Offer.TimeoutMs <= 0))
                {
                    continue;
                }

                var left = isStopping
                    ? attempt.StopGrace - _clock.GetElapsedTime(attempt.StopRequestedAt, now)
                    : TimeSpan.FromMilliseconds(attempt.Offer.TimeoutMs) - _clock.GetElapsedTime(attempt.StartedAt, now);
                if (left > TimeSpan.Zero)
                {
                    ArmWhileLocked(now, left);
                }
                else
                {
                    (isStopping ? abandoned : late).Add(attempt);
                }
            }
        }

        foreach (var attempt in late)
        {
            Stop(attempt, FlowErrorKind.Of(FlowErrorCode.DeadlineExceeded).Wire, fences: false);
        }

        foreach (var attempt in abandoned)
        {
            LogAbandoned(attempt.Token.TaskId, attempt.Token.Epoch, attempt.Offer.Role, attempt.StopGrace.TotalSeconds);
            End(attempt, attempt.StopOutcome());
        }
    }

    private void ArmWhileLocked(long now, TimeSpan dueIn)
    {
        var dueAt = now + (long)(dueIn.TotalSeconds * _clock.TimestampFrequency);
        if (dueAt < _timerDueAt)
        {
            _timerDueAt = dueAt;
            _timer.Change(dueIn, Timeout.InfiniteTimeSpan);
        }
    }
}
