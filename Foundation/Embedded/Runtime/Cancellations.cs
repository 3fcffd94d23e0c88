namespace Orleans.Embedded;

/// <summary>Cancels inside a turn.</summary>
internal static class Cancellations
{
    /// <summary>Cancels here and now: the asynchronous form would run the token's callbacks on the thread pool, outside the turn.</summary>
    /// <param name="source">What to cancel.</param>
    public static void CancelHere(this CancellationTokenSource source) => source.Cancel();
}
