using OrleansFlow.Arrow;

namespace OrleansFlow.Tests.Arrow;

/// <summary>Goal: memory is aligned, counted, and given back exactly once.</summary>
public sealed unsafe class BufferTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(1_000_001)]
    public void Allocate_AnyLength_IsAlignedAndOfThatLength(int length)
    {
        var buffer = ArrowAllocator.Default.Allocate(length);
        Assert.Equal(0, (nint)buffer.Pointer % ArrowAllocator.Alignment);
        Assert.Equal(length, buffer.Length);
        buffer.Release();
    }

    [Fact]
    public void Allocate_Nothing_NeedsNoMemory()
    {
        var allocator = new CountingAllocator();
        Assert.True(allocator.Allocate(0).IsEmpty);
        Assert.Equal(0, allocator.TotalBuffers);
    }

    [Fact]
    public void Allocate_NegativeOrTooLong_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ArrowAllocator.Default.Allocate(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ArrowAllocator.Default.Allocate(ArrowAllocator.MaxAllocation + 1));
    }

    [Fact]
    public void CountingAllocator_AtAndAboveItsLimit_AllowsAndRefuses()
    {
        var allocator = new CountingAllocator(limit: 100);
        var whole = allocator.Allocate(100);
        Assert.Throws<InsufficientMemoryException>(() => allocator.Allocate(1));
        whole.Release();
        Assert.Equal(0, allocator.LiveBytes);
        Assert.Equal(100, allocator.PeakBytes);
        allocator.Allocate(1).Release();
        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Fact]
    public void Release_AfterTheLastReference_DoesNothing()
    {
        var released = 0;
        var buffer = ArrowBuffer.FromManaged(new byte[8], () => released++);
        buffer.Retain();
        buffer.Release();
        Assert.Equal(0, released);
        buffer.Release();
        Assert.Equal(1, released);
        buffer.Release();
        Assert.Equal(1, released);
        Assert.Throws<ObjectDisposedException>(() => buffer.Retain());
    }

    [Fact]
    public void Slice_InsideAndOutside_SharesOrRefuses()
    {
        var buffer = ArrowBuffer.CopyOf([1, 2, 3, 4], ArrowAllocator.Default);
        Assert.Equal([2, 3], buffer.Slice(1, 2).Span.ToArray());
        Assert.Equal([2, 3], buffer.Slice(1, 2).Memory.ToArray());
        Assert.True(buffer.Slice(4, 0).IsEmpty);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Slice(4, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Slice(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Slice(1, long.MaxValue));
        buffer.Release();
    }

    [Fact]
    public void Bitmap_RandomRanges_MatchesBitByBitWork()
    {
        var random = new Random(1);
        for (var round = 0; round < 300; round++)
        {
            var source = new byte[40];
            random.NextBytes(source);
            var length = random.Next(200);
            var from = random.Next(320 - length);
            var to = random.Next(320 - length);
            var target = new byte[40];
            random.NextBytes(target);
            var expected = (byte[])target.Clone();
            var ones = 0;
            for (var i = 0; i < length; i++)
            {
                var bit = ArrowBitmap.Get(source, from + i);
                ones += bit ? 1 : 0;
                ArrowBitmap.Set(expected, to + i, bit);
            }

            ArrowBitmap.Copy(source, from, target, to, length);
            Assert.Equal(expected, target);
            Assert.Equal(ones, ArrowBitmap.CountOnes(source, from, length));
            ArrowBitmap.SetRange(target, to, length, true);
            Assert.Equal(length, ArrowBitmap.CountOnes(target, to, length));
            ArrowBitmap.SetRange(target, to, length, false);
            Assert.Equal(0, ArrowBitmap.CountOnes(target, to, length));
        }
    }
}
