using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>
/// Cuts many buffers of one age out of few large blocks in huge pages: what a checkpoint copies costs hardly a page fault. A block is freed when all its
/// buffers are, so they should end together. One caller at a time; the buffers may end anywhere.
/// </summary>
/// <remarks>Disposing gives up the block that is being cut; buffers that were handed out stay.</remarks>
internal sealed unsafe class SlabAllocator : ArrowAllocator, IDisposable
{
    /// <summary>Size of a block in bytes.</summary>
    public const int BlockBytes = 16 * 1024 * 1024;

    private ArrowBuffer _block;
    private long _used;

    /// <inheritdoc/>
    public void Dispose()
    {
        _block.Release();
        _block = ArrowBuffer.Empty;
    }

    /// <inheritdoc/>
    protected override ArrowBuffer AllocateCore(long byteCount)
    {
        if (byteCount > BlockBytes / 4)
        {
            return Default.Allocate(byteCount);
        }

        var rounded = (byteCount + Alignment - 1) & -Alignment;
        if (_block.Length - _used < rounded)
        {
            _block.Release();
            (_block, _used) = (ArrowBuffer.Empty, 0);
            _block = Default.Allocate(BlockBytes);
            HugePages.Advise(_block.Pointer, BlockBytes);
        }

        var piece = _block.Slice(_used, byteCount).Retain();
        _used += rounded;
        return piece;
    }
}
