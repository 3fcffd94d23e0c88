namespace OrleansFlow.Grains.Commits;

/// <summary>Waits and cancellations that stay in the grain's turns. The plain forms take a detour through the thread pool.</summary>
internal static class TurnWaits
{
    /// <summary>
    /// Cancels here and now. <see cref="CancellationTokenSource.CancelAsync"/> would run what waits for the token on the thread pool, outside
    /// the grain's turns, and in an order that no simulation could repeat.
    /// </summary>
    public static void CancelInTurn(this CancellationTokenSource source) => source.Cancel();

    /// <summary>
    /// Waits for a task that a <see cref="TaskCompletionSource"/> ends. Awaited first, so that its end arrives in a turn:
    /// <see cref="Task.WaitAsync(CancellationToken)"/> on it directly would see it on the thread pool.
    /// </summary>
    public static Task WaitInTurnAsync(this Task task, CancellationToken cancellationToken)
    {
        return AwaitAsync(task).WaitAsync(cancellationToken);

        static async Task AwaitAsync(Task task) => await task;
    }
}
