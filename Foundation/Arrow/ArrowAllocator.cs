using System.Runtime.InteropServices;

namespace OrleansFlow.Arrow;

/// <summary>Hands out memory for buffers: outside the garbage-collected heap, aligned to 64 bytes.</summary>
public abstract class ArrowAllocator
{
    /// <summary>Alignment of every allocation, in bytes; the value that the Arrow columnar format recommends.</summary>
    public const int Alignment = 64;

    /// <summary>Longest allocation in bytes: 2 GB less 64 bytes, so that a buffer always fits a span.</summary>
    public const long MaxAllocation = int.MaxValue - Alignment;

    /// <summary>The process heap.</summary>
    public static ArrowAllocator Default { get; } = new NativeAllocator();

    /// <summary>
    /// The process heap with a pool before it that keeps at most 32 MiB (<see cref="PooledAllocator.DefaultKeptBytesMax"/>): for batches that
    /// are received and soon let go.
    /// </summary>
    public static PooledAllocator Pooled { get; } = new();

    /// <summary>Allocates a buffer; the caller owns its one reference. The content is not cleared.</summary>
    /// <param name="byteCount">Length in bytes, 0 to <see cref="MaxAllocation"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative or above <see cref="MaxAllocation"/>.</exception>
    /// <exception cref="OutOfMemoryException">There is not that much memory.</exception>
    public ArrowBuffer Allocate(long byteCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(byteCount, MaxAllocation);
        return byteCount == 0 ? ArrowBuffer.Empty : AllocateCore(byteCount);
    }

    /// <summary>Allocates a buffer whose bytes are all zero; the caller owns its one reference.</summary>
    /// <param name="byteCount">Length in bytes, 0 to <see cref="MaxAllocation"/>.</param>
    public ArrowBuffer AllocateZeroed(long byteCount)
    {
        var buffer = Allocate(byteCount);
        buffer.WritableSpan.Clear();
        return buffer;
    }

    /// <summary>Allocates <paramref name="byteCount"/> bytes, at least 1 and at most <see cref="MaxAllocation"/>.</summary>
    protected abstract ArrowBuffer AllocateCore(long byteCount);

    private sealed unsafe class NativeAllocator : ArrowAllocator
    {
        protected override ArrowBuffer AllocateCore(long byteCount)
        {
            // Rounded up, so that vector code may load whole registers at the end.
            var rounded = (nuint)((byteCount + Alignment - 1) & -Alignment);
            var pointer = (byte*)NativeMemory.AlignedAlloc(rounded, Alignment);
            return new ArrowBuffer(new NativeOwner(pointer), pointer, byteCount);
        }
    }

    private sealed unsafe class NativeOwner(byte* pointer) : ArrowMemoryOwner
    {
        protected override void Free() => NativeMemory.AlignedFree(pointer);
    }
}
