namespace OrleansFlow.Grains.Commits;

/// <summary>The way to one receiver of a grain's messages: one message at a time, in order, tried again ever more slowly.</summary>
/// <remarks>A lane of its own for each receiver, so that a catalog that writes does not hold up a task that is ready. Used inside the grain's turns.</remarks>
/// <param name="clock">Times the tries.</param>
/// <param name="isEmpty">Whether nothing is owed.</param>
/// <param name="send">Takes and sends what is owed now; false when it could not be delivered, and is owed again.</param>
internal sealed class DeliveryLane(TimeProvider clock, Func<bool> isEmpty, Func<CancellationToken, Task<bool>> send)
{
    private Task _run = Task.CompletedTask;
    private bool _isRunning;

    /// <summary>True while something is being sent.</summary>
    public bool IsRunning => _isRunning;

    /// <summary>Begins to send what is owed, if that is not under way.</summary>
    /// <returns>Ends when nothing is owed, or when it is cancelled.</returns>
    public Task RunAsync(CancellationToken cancellationToken)
    {
        if (!_isRunning && !isEmpty())
        {
            _isRunning = true;
            _run = SendAllAsync(cancellationToken);
        }

        return _run;
    }

    private async Task SendAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Leaves the turn of the commit first, whose callers are still to be answered.
            await Task.Yield();
            var retry = new DeliveryRetry(clock);
            while (!isEmpty())
            {
                if (await send(cancellationToken))
                {
                    retry.Reset();
                }
                else
                {
                    await retry.WaitAsync(cancellationToken);
                }

                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            _isRunning = false;
        }
    }
}
