namespace OrleansFlow.Arrow;

/// <summary>Counts what another allocator hands out, and can refuse more than a limit. A test ends with both live counts at zero.</summary>
/// <param name="inner">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
/// <param name="limit">Most live bytes. Default: no limit.</param>
/// <remarks>Thread-safe.</remarks>
public sealed class CountingAllocator(ArrowAllocator? inner = null, long limit = long.MaxValue) : ArrowAllocator
{
    private readonly ArrowAllocator _inner = inner ?? Default;
    private long _liveBytes;
    private long _liveBuffers;
    private long _peakBytes;
    private long _totalBuffers;

    /// <summary>Bytes handed out and not yet given back.</summary>
    public long LiveBytes => Interlocked.Read(ref _liveBytes);

    /// <summary>Allocations not yet given back.</summary>
    public long LiveBuffers => Interlocked.Read(ref _liveBuffers);

    /// <summary>Largest value that <see cref="LiveBytes"/> had.</summary>
    public long PeakBytes => Interlocked.Read(ref _peakBytes);

    /// <summary>Allocations made so far.</summary>
    public long TotalBuffers => Interlocked.Read(ref _totalBuffers);

    /// <inheritdoc/>
    protected override unsafe ArrowBuffer AllocateCore(long byteCount)
    {
        var live = Interlocked.Add(ref _liveBytes, byteCount);
        if (live > limit)
        {
            Interlocked.Add(ref _liveBytes, -byteCount);
            throw new InsufficientMemoryException($"Allocating {byteCount} bytes would pass the limit of {limit} bytes ({live - byteCount} are in use).");
        }

        ArrowBuffer buffer;
        try
        {
            buffer = _inner.Allocate(byteCount);
        }
        catch
        {
            Interlocked.Add(ref _liveBytes, -byteCount);
            throw;
        }

        Interlocked.Increment(ref _liveBuffers);
        Interlocked.Increment(ref _totalBuffers);
        var peak = Interlocked.Read(ref _peakBytes);
        while (live > peak)
        {
            var before = Interlocked.CompareExchange(ref _peakBytes, live, peak);
            if (before == peak)
            {
                break;
            }

            peak = before;
        }

        return new ArrowBuffer(new CountedOwner(this, buffer), buffer.Pointer, byteCount);
    }

    private sealed class CountedOwner(CountingAllocator allocator, ArrowBuffer buffer) : ArrowMemoryOwner
    {
        protected override void Free()
        {
            buffer.Release();
            Interlocked.Add(ref allocator._liveBytes, -buffer.Length);
            Interlocked.Decrement(ref allocator._liveBuffers);
        }
    }
}
