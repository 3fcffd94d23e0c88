namespace Orleans.Embedded;

/// <summary>Cancels inside a turn.</summary>
internal static class Cancellations
{
    /// <summary>Cancels here and now: the asynchronous form would run the token's callbacks on the thread pool, outside the turn.</summary>
    /// <param name="source">What to cancel.</param>
    public static void CancelHere(this CancellationTokenSource source) => source.Cancel();

    /// <summary>
    /// Awaits a delay, so that whoever combines it with other tasks sees its end in a turn: a cancelled one ends on the thread pool.
    /// </summary>
    /// <param name="delay">What to await.</param>
    /// <returns>A task that ends as the delay does.</returns>
    public static async Task InTurnAsync(this Task delay) => await delay;
}
