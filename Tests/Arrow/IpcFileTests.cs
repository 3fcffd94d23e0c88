using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;

namespace OrleansFlow.Tests.Arrow;

/// <summary>Goal: a file that is written is what is read, in any order, and nothing leaks.</summary>
public sealed class IpcFileTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void File_DictionaryGrows_IsExtendedByADelta()
    {
        var allocator = new CountingAllocator();
        var schema = new ArrowSchema(new ArrowField("w", ArrowType.Dictionary(ArrowType.Int8, ArrowType.Utf8)));
        using (var builder = new RecordBatchBuilder(schema, allocator))
        {
            using var first = builder.AppendRow("a").AppendRow("b").Build();
            using var second = builder.AppendRow("a").AppendRow("b").AppendRow("c").Build();
            using var reader = ArrowFileReader.Open(IpcBytes.WriteFile(schema, first, second, first), new IpcReadOptions { Allocator = allocator });
            using var a = reader.ReadBatch(0);
            using var b = reader.ReadBatch(1);
            using var c = reader.ReadBatch(2);
            Assert.Null(RecordBatchComparer.Exact.FindDifference(first, a));
            Assert.Null(RecordBatchComparer.Exact.FindDifference(second, b));
            Assert.Null(RecordBatchComparer.Exact.FindDifference(first, c));
            Assert.Equal(3, a.Column<DictionaryArray>(0).Dictionary.Length);
        }

        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Theory]
    [InlineData(IpcCompression.None)]
    [InlineData(IpcCompression.Zstd)]
    public void File_SomeColumns_AreThoseColumns_InTheOrderThatIsAsked(IpcCompression compression)
    {
        var allocator = new CountingAllocator();
        using (var first = SampleData.Create(SampleData.FullSchema, 50, 3, allocator))
        {
            var options = new IpcWriteOptions { Compression = compression };
            using var reader = ArrowFileReader.Open(IpcBytes.WriteFile(SampleData.FullSchema, options, first), new IpcReadOptions { Allocator = allocator });
            Assert.Equal(50, reader.ReadRowCount(0));
            Assert.True(reader.BatchBytes(0) > 0);
            var count = SampleData.FullSchema.Fields.Count;
            for (var column = 0; column < count; column++)
            {
                int[] once = [.. ((int[])[column, (column + 7) % count, column * 3 % count]).Distinct()];
                using var expected = first.Select(once);
                using var some = reader.ReadBatch(0, once);
                Assert.Null(RecordBatchComparer.Exact.FindDifference(expected, some));
            }

            using var none = reader.ReadBatch(0, []);
            Assert.Equal((50, 0), (none.RowCount, none.ColumnCount));
        }

        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Fact]
    public void File_DictionaryChanges_IsRefused()
    {
        var schema = new ArrowSchema(new ArrowField("w", ArrowType.Dictionary(ArrowType.Int8, ArrowType.Utf8)));
        using var builder = new RecordBatchBuilder(schema);
        using var first = builder.AppendRow("a").Build();
        using var same = builder.AppendRow("a").Build();
        using var second = builder.AppendRow("c").Build();
        using var writer = new ArrowFileWriter(new MemoryStream(), schema);
        writer.Write(first);
        writer.Write(same);
        Assert.Contains("Dictionary 0", Assert.Throws<InvalidOperationException>(() => writer.Write(second)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(64)]
    public async Task File_ReadInAnyOrderAndWay_ComesBackEqual(int alignment)
    {
        var allocator = new CountingAllocator();
        var path = Path.Combine(Path.GetTempPath(), $"orleansflow-{Path.GetRandomFileName()}.arrow");
        try
        {
            using (var batch = SampleData.Create(SampleData.FullSchema, 200, 8, allocator))
            {
                using var slice = batch.Slice(11, 100);
                await using (var writer = new ArrowFileWriter(path, batch.Schema, new IpcWriteOptions { Alignment = alignment, Allocator = allocator }))
                {
                    await writer.WriteAsync(batch, Stop);
                    await writer.WriteAsync(slice, Stop);
                    await writer.WriteAsync(batch, Stop);
                    await writer.EndAsync(Stop);
                    Assert.Equal(3, writer.BatchCount);
                }

                var bytes = await File.ReadAllBytesAsync(path, Stop);
                var options = new IpcReadOptions { Allocator = allocator };
                foreach (var reader in (ArrowFileReader[])[ArrowFileReader.Open(path, options), ArrowFileReader.Open(bytes, options), ArrowFileReader.Open(new MemoryStream(bytes), options)])
                {
                    RecordBatch last;
                    using (reader)
                    {
                        Assert.Equal(batch.Schema, reader.Schema);
                        Assert.Equal(3, reader.BatchCount);
                        last = await reader.ReadBatchAsync(2, Stop);
                        using var middle = await reader.ReadBatchAsync(1, Stop);
                        Assert.Null(RecordBatchComparer.Exact.FindDifference(slice, middle));
                        Assert.Throws<ArgumentOutOfRangeException>(() => reader.ReadBatch(3));
                    }

                    Assert.Throws<ObjectDisposedException>(() => reader.ReadBatch(0));
                    Assert.Null(RecordBatchComparer.Exact.FindDifference(batch, last));
                    last.Dispose();
                }
            }

            Assert.Equal(0, allocator.LiveBuffers);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public unsafe void File_Mapped_IsNotCopiedAndAligned()
    {
        var path = Path.Combine(Path.GetTempPath(), $"orleansflow-{Path.GetRandomFileName()}.arrow");
        try
        {
            using var batch = SampleData.Create(SampleData.FlatSchema, 10_000, 8);
            using (var writer = new ArrowFileWriter(path, batch.Schema))
            {
                writer.Write(batch);
                writer.End();
            }

            var allocator = new CountingAllocator();
            using var reader = ArrowFileReader.Open(path, new IpcReadOptions { Allocator = allocator });
            using var actual = reader.ReadBatch(0);
            Assert.Equal(0, allocator.TotalBuffers);
            Assert.Equal(0, (nint)actual.Column(0).Data.Buffers[1].Pointer % 64);
            Assert.Null(RecordBatchComparer.Exact.FindDifference(batch, actual));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
