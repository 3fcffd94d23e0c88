namespace Orleans.TestingHost;

/// <summary>Hands out ports to the silos of test clusters.</summary>
public interface ITestClusterPortAllocator : IDisposable
{
    /// <summary>Takes two runs of ports.</summary>
    /// <param name="numPorts">The length of each.</param>
    /// <returns>The first port for silos and the first for gateways.</returns>
    (int, int) AllocateConsecutivePortPairs(int numPorts);
}

/// <summary>Hands out numbers that no other cluster of this process has. None of them is opened.</summary>
public class TestClusterPortAllocator : ITestClusterPortAllocator
{
    private const int First = 20_000;
    private const int Count = 20_000;
    private static int _next;

    /// <inheritdoc/>
    public (int, int) AllocateConsecutivePortPairs(int numPorts = 5)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(numPorts);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(numPorts, Count);
        var end = Interlocked.Add(ref _next, numPorts);
        var start = First + ((end - numPorts) & int.MaxValue) % (Count - numPorts + 1);
        return (start, start + Count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the ports back; here there is nothing to give back.</summary>
    /// <param name="disposing">True when called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
