namespace OrleansFlow.Testing;

/// <summary>
/// Moves a test's clock while something is awaited: from timer to timer, each time when nothing works any more. So work costs no time, however
/// slow the machine is.
/// </summary>
/// <remarks>
/// A handler that waits for its own stop, or for something that never comes, would keep the clock still for ever. So once the clock has stood for
/// some real time, it goes on as fast as the machine's, as in production.
/// </remarks>
/// <param name="clock">The clock.</param>
/// <param name="work">What works.</param>
/// <param name="patience">For how long of real time work keeps the clock still.</param>
internal sealed class Pace(TestClock clock, WorkCount work, TimeSpan patience)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestStep = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly TimeProvider _machine = TimeProvider.System;
    private long _stoodSince = TimeProvider.System.GetTimestamp();

    /// <summary>Moves the clock until something has happened.</summary>
    public async Task MoveUntilAsync(Task happened, CancellationToken cancellationToken)
    {
        while (!happened.IsCompleted)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!TryJump(DateTimeOffset.MaxValue))
            {
                await WaitAsync(happened, cancellationToken);
            }
            else
            {
                await YieldAsync(cancellationToken);
            }
        }
    }

    /// <summary>Moves the clock to a time, and lets what that woke be done.</summary>
    public async Task MoveToAsync(DateTimeOffset untilUtc, CancellationToken cancellationToken)
    {
        while (clock.GetUtcNow() < untilUtc)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!TryJump(untilUtc))
            {
                await WaitAsync(work.WhenIdleAsync(), cancellationToken);
            }
        }

        await Task.WhenAny(work.WhenIdleAsync(), Task.Delay(patience, _machine, cancellationToken));
    }

    /// <summary>Jumps to the next timer when nothing works, or to the end when that is earlier.</summary>
    private bool TryJump(DateTimeOffset untilUtc)
    {
        // Whatever a timer wakes is counted when Advance returns, so nobody else who awaits can move the clock past it.
        lock (_gate)
        {
            if (!work.IsIdle)
            {
                return false;
            }

            _stoodSince = _machine.GetTimestamp();
            var (nowUtc, nextUtc) = (clock.GetUtcNow(), clock.NextDueUtc ?? untilUtc);
            if (nextUtc == DateTimeOffset.MaxValue)
            {
                return false;
            }

            var jumpUtc = nextUtc < untilUtc ? nextUtc : untilUtc;
            clock.Advance(jumpUtc > nowUtc ? jumpUtc - nowUtc : TimeSpan.Zero);
            return true;
        }
    }

    private async Task WaitAsync(Task happened, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pause = Task.Delay(Interval, _machine, enough.Token);

        // Nothing works and there is no timer: only the test itself can go on.
        await (work.IsIdle ? Task.WhenAny(happened, pause) : Task.WhenAny(happened, work.WhenIdleAsync(), pause));
        await enough.CancelAsync();
        lock (_gate)
        {
            var stood = _machine.GetElapsedTime(_stoodSince);
            if (!work.IsIdle && stood > patience)
            {
                // A machine that stood itself must not make up for it at once.
                var late = stood - patience;
                _stoodSince = _machine.GetTimestamp() - (long)(patience.TotalSeconds * _machine.TimestampFrequency);
                clock.Advance(late < LongestStep ? late : LongestStep);
            }
        }
    }

    /// <summary>Lets what waits for a thread go first: the test's own continuations are not counted.</summary>
    private static Task YieldAsync(CancellationToken cancellationToken) =>
        Task.Factory.StartNew(static () => { }, cancellationToken, TaskCreationOptions.PreferFairness, TaskScheduler.Default);
}
