namespace OrleansFlow.Decisions.Inputs;

/// <summary>
/// How long a reader waits before it asks again where it has to ask: the first wait, doubled each time up to the greatest; progress begins anew.
/// Normally nothing is asked for: what is new is sent.
/// </summary>
/// <param name="First">The first wait.</param>
/// <param name="Greatest">The greatest wait; one below the first counts as the first.</param>
public readonly record struct PullBackoff(TimeSpan First, TimeSpan Greatest)
{
    /// <summary>The wait after a number of tries that brought nothing.</summary>
    /// <param name="emptyTries">0 or more.</param>
    public TimeSpan After(int emptyTries)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(emptyTries);
        var greatest = Greatest < First ? First : Greatest;

        // Doubling 30 times passes any wait that can be named, and cannot overflow.
        var wait = First * Math.Pow(2, Math.Min(emptyTries, 30));
        return wait < greatest ? wait : greatest;
    }
}
