namespace OrleansFlow.Grains.Commits;

/// <summary>Waits between tries to deliver what a grain owes: 100 ms, doubling to 30 s.</summary>
internal sealed class DeliveryRetry(TimeProvider clock)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private TimeSpan _next = First;

    /// <summary>A delivery succeeded.</summary>
    public void Reset() => _next = First;

    /// <summary>Waits before the next try.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var wait = _next;
        _next = wait * 2 < Longest ? wait * 2 : Longest;
        await Task.Delay(wait, clock, cancellationToken);
    }
}
