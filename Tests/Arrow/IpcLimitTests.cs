using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;

namespace OrleansFlow.Tests.Arrow;

/// <summary>Goal: what is larger than the reader's options allow is refused, by a message that names the limit, before it costs memory.</summary>
public sealed class IpcLimitTests
{
    [Fact]
    public void Read_BodyAboveTheLimit_IsRefusedBeforeAllocating()
    {
        using var batch = SampleData.Create(new ArrowSchema(new ArrowField("x", ArrowType.Int64, false)), 1000, 1);
        var bytes = IpcBytes.WriteStream(batch.Schema, null, batch);
        using var enough = new ArrowStreamReader(new MemoryStream(bytes), new IpcReadOptions { MaxBodyBytes = 8000 });
        enough.ReadNext()!.Dispose();
        var allocator = new CountingAllocator();
        using var tooSmall = new ArrowStreamReader(new MemoryStream(bytes), new IpcReadOptions { MaxBodyBytes = 7999, Allocator = allocator });
        Assert.Contains("the limit is 7999", Assert.Throws<ArrowFormatException>(() => tooSmall.ReadNext()).Message, StringComparison.Ordinal);
        Assert.Equal(0, allocator.TotalBuffers);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(4, false)]
    public void Read_TypesNestedToTheLimit_AreReadAndBeyondRefused(int limit, bool isAllowed)
    {
        ArrowType type = ArrowType.Int32;
        for (var i = 0; i < 4; i++)
        {
            type = ArrowType.List(type);
        }

        var bytes = IpcBytes.WriteStream(new ArrowSchema(new ArrowField("deep", type)), null);
        using var reader = new ArrowStreamReader(bytes, new IpcReadOptions { MaxDepth = limit });
        if (isAllowed)
        {
            Assert.Equal(type, reader.ReadSchema().Fields[0].Type);
        }
        else
        {
            Assert.Contains("4 levels", Assert.Throws<ArrowFormatException>(() => reader.ReadSchema()).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_MoreFieldsThanTheLimit_IsRefused()
    {
        var bytes = IpcBytes.WriteStream(new ArrowSchema([.. Enumerable.Range(0, 11).Select(i => new ArrowField("f" + i, ArrowType.Int32))]), null);
        using var reader = new ArrowStreamReader(bytes, new IpcReadOptions { MaxFields = 10 });
        Assert.Contains("more than 10 fields", Assert.Throws<ArrowFormatException>(() => reader.ReadSchema()).Message, StringComparison.Ordinal);
    }
}
