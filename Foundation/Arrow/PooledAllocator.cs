using System.Numerics;
using System.Runtime.InteropServices;

namespace OrleansFlow.Arrow;

/// <summary>
/// Keeps what is given back for the next allocation of about the same size. Fresh memory of the process heap costs a page fault for every
/// 4 KiB that are written, which for batches that come and go is more than filling them.
/// </summary>
/// <remarks>
/// Thread-safe. Sizes are rounded up to one of four steps for each power of two, so at most a quarter of a block is unused. Blocks outside
/// of <see cref="BlockBytesMin"/> to <see cref="BlockBytesMax"/> are not kept.
/// </remarks>
public sealed unsafe class PooledAllocator : ArrowAllocator
{
    /// <summary>Smallest block that is kept, in bytes; the process heap itself keeps smaller ones.</summary>
    public const int BlockBytesMin = 64 * 1024;

    /// <summary>Largest block that is kept, in bytes.</summary>
    public const int BlockBytesMax = 16 * 1024 * 1024;

    /// <summary>Default of the most bytes that are kept.</summary>
    public const long DefaultKeptBytesMax = 32L * 1024 * 1024;

    private const int StepBits = 2;
    private const int Steps = 1 << StepBits;

    private readonly Stack<nint>[] _blocks = [.. Enumerable.Range(0, ClassOf(BlockBytesMax) + 1).Select(_ => new Stack<nint>())];
    private readonly Lock _gate = new();
    private readonly long _keptBytesMax;
    private long _keptBytes;

    /// <summary>Makes a pool of its own; <see cref="ArrowAllocator.Pooled"/> is the process's.</summary>
    /// <param name="keptBytesMax">Most bytes that wait unused. 0 keeps nothing.</param>
    public PooledAllocator(long keptBytesMax = DefaultKeptBytesMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(keptBytesMax);
        _keptBytesMax = keptBytesMax;
    }

    /// <summary>Bytes that wait unused.</summary>
    public long KeptBytes
    {
        get
        {
            lock (_gate)
            {
                return _keptBytes;
            }
        }
    }

    /// <summary>Gives everything that waits unused back to the process heap.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            foreach (var blocks in _blocks)
            {
                while (blocks.TryPop(out var block))
                {
                    NativeMemory.AlignedFree((void*)block);
                }
            }

            _keptBytes = 0;
        }
    }

    /// <inheritdoc/>
    protected override ArrowBuffer AllocateCore(long byteCount)
    {
        if (byteCount is < BlockBytesMin or > BlockBytesMax)
        {
            return Default.Allocate(byteCount);
        }

        var index = ClassOf(byteCount);
        var pointer = (byte*)TryTake(index);
        if (pointer is null)
        {
            pointer = (byte*)NativeMemory.AlignedAlloc((nuint)BytesOf(index), Alignment);
        }

        return new ArrowBuffer(new PooledOwner(this, pointer, index), pointer, byteCount);
    }

    /// <summary>The smallest class whose blocks hold so many bytes.</summary>
    private static int ClassOf(long byteCount)
    {
        var power = BitOperations.Log2((ulong)byteCount);
        var step = (byteCount - (1L << power) + (1L << (power - StepBits)) - 1) >> (power - StepBits);
        return ((power - BitOperations.Log2(BlockBytesMin)) << StepBits) + (int)step;
    }

    private static long BytesOf(int index)
    {
        var power = BitOperations.Log2(BlockBytesMin) + (index >> StepBits);
        return (1L << power) + ((index & (Steps - 1)) * (1L << (power - StepBits)));
    }

    private nint TryTake(int index)
    {
        lock (_gate)
        {
            if (!_blocks[index].TryPop(out var block))
            {
                return 0;
            }

            _keptBytes -= BytesOf(index);
            return block;
        }
    }

    private void GiveBack(byte* pointer, int index)
    {
        lock (_gate)
        {
            if (_keptBytes + BytesOf(index) <= _keptBytesMax)
            {
                _keptBytes += BytesOf(index);
                _blocks[index].Push((nint)pointer);
                return;
            }
        }

        NativeMemory.AlignedFree(pointer);
    }

    private sealed class PooledOwner(PooledAllocator pool, byte* pointer, int index) : ArrowMemoryOwner
    {
        protected override void Free() => pool.GiveBack(pointer, index);
    }
}
