using System.Runtime.InteropServices;
using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>Parts of an array that columns read where they are. The array does not move meanwhile, and its owner changes nothing that was lent.</summary>
internal sealed unsafe class Loans
{
    private int _count;

    /// <summary>Whether a column still reads.</summary>
    public bool Any => Volatile.Read(ref _count) > 0;

    /// <summary>Lends a part; the caller owns the one reference of the buffer, which may end anywhere.</summary>
    public ArrowBuffer Lend(ulong[] array, int first, int count)
    {
        var handle = GCHandle.Alloc(array, GCHandleType.Pinned);
        Interlocked.Increment(ref _count);
        return ArrowBuffer.FromForeign((byte*)handle.AddrOfPinnedObject() + (long)first * sizeof(ulong), (long)count * sizeof(ulong), () =>
        {
            handle.Free();
            Interlocked.Decrement(ref _count);
        });
    }
}
