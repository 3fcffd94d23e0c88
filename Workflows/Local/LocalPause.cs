namespace OrleansFlow.Workflows.Local;

/// <summary>Waits of a local run.</summary>
internal static class LocalPause
{
    /// <summary>Waits until the time is over or the signal is there; for ever where neither is given.</summary>
    public static async Task UntilAsync(TimeSpan? time, Task? arrival, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (arrival is null)
        {
            await Task.Delay(time ?? Timeout.InfiniteTimeSpan, clock, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (time is null)
        {
            await arrival.WaitAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(Task.Delay(time.Value, clock, ended.Token), arrival).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
