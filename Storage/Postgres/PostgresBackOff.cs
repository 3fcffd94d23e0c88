using System.Security.Cryptography;

namespace OrleansFlow.Storage.Postgres;

/// <summary>How long one caller has been without its server, and how long it waits before it tries again.</summary>
/// <remarks>Full jitter over the upper half, so that the connections of many silos do not come back in one wave.</remarks>
internal sealed class PostgresBackOff(TimeSpan delayMax, TimeSpan outageMax, TimeProvider clock)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(50);
    private readonly long _began = clock.GetTimestamp();
    private TimeSpan _delay = First;

    /// <summary>Waits for the next attempt.</summary>
    /// <returns>False when the outage has lasted too long, or the wait was ended by the token.</returns>
    public async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested || clock.GetElapsedTime(_began) >= outageMax)
        {
            return false;
        }

        var pause = _delay * (RandomNumberGenerator.GetInt32(500, 1_001) / 1_000.0);
        _delay = TimeSpan.FromTicks(Math.Min(_delay.Ticks * 2, delayMax.Ticks));
        try
        {
            await Task.Delay(pause, clock, cancellationToken);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
