using OrleansFlow.Arrow;

namespace OrleansFlow.Tests.Arrow;

public sealed class PooledAllocatorTests
{
    private const int Min = PooledAllocator.BlockBytesMin;
    private const int Max = PooledAllocator.BlockBytesMax;

    [Theory]
    [InlineData(Min, 65_536)]
    [InlineData(Min + 1, 81_920)]
    [InlineData(81_920, 81_920)]
    [InlineData(81_921, 98_304)]
    [InlineData((2 * Min) - 1, 131_072)]
    [InlineData(2_097_152, 2_097_152)]
    [InlineData(2_097_153, 2_621_440)]
    [InlineData(Max, 16_777_216)]
    public void Release_OfABlock_KeepsTheRoundedSize(int byteCount, long keptBytes)
    {
        var pool = new PooledAllocator();

        pool.Allocate(byteCount).Release();

        Assert.Equal(keptBytes, pool.KeptBytes);
        pool.Trim();
        Assert.Equal(0, pool.KeptBytes);
    }

    [Theory]
    [InlineData(Min - 1)]
    [InlineData(Max + 1)]
    public void Release_OfABlockOutsideTheBounds_KeepsNothing(int byteCount)
    {
        var pool = new PooledAllocator();

        pool.Allocate(byteCount).Release();

        Assert.Equal(0, pool.KeptBytes);
    }

    [Fact]
    public unsafe void Allocate_OfTheSameSizeAgain_GivesTheSameMemory()
    {
        var pool = new PooledAllocator();
        var first = pool.Allocate(Min + 1);
        var pointer = first.Pointer;
        first.Release();

        var second = pool.Allocate(Min + 100);

        Assert.True(pointer == second.Pointer);
        Assert.Equal(Min + 100, second.Length);
        Assert.Equal(0, (long)second.Pointer % ArrowAllocator.Alignment);
        Assert.Equal(0, pool.KeptBytes);
        second.Release();
        pool.Trim();
    }

    [Fact]
    public void Release_BeyondTheLimit_GoesBackToTheHeap()
    {
        var pool = new PooledAllocator(keptBytesMax: 2 * Min);
        ArrowBuffer[] blocks = [pool.Allocate(Min), pool.Allocate(Min), pool.Allocate(Min)];

        Array.ForEach(blocks, block => block.Release());

        Assert.Equal(2 * Min, pool.KeptBytes);
        pool.Trim();
    }

    [Fact]
    public void Allocate_FromManyThreads_NeverGivesMemoryTwice()
    {
        var pool = new PooledAllocator();
        Parallel.For(0, 8, worker =>
        {
            for (var round = 0; round < 2_000; round++)
            {
                var block = pool.Allocate(Min);
                block.WritableSpan[0] = (byte)worker;
                block.WritableSpan[Min - 1] = (byte)round;
                Assert.Equal((byte)worker, block.Span[0]);
                Assert.Equal((byte)round, block.Span[Min - 1]);
                block.Release();
            }
        });

        Assert.InRange(pool.KeptBytes, Min, 8 * Min);
        pool.Trim();
    }
}
