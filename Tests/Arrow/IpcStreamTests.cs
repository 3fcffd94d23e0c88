using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;

namespace OrleansFlow.Tests.Arrow;

/// <summary>Goal: a stream that is written is what is read, in every way of writing and reading, and nothing leaks.</summary>
public sealed class IpcStreamTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 8)]
    [InlineData(1, 8)]
    [InlineData(100, 8)]
    [InlineData(100, 64)]
    [InlineData(1000, 64)]
    public void Stream_WholeBatchesAndSlices_ComeBackEqual(int rows, int alignment)
    {
        var allocator = new CountingAllocator();
        using (var batch = SampleData.Create(SampleData.FullSchema, rows, rows + 1, allocator))
        {
            using var slice = batch.Slice(rows / 3, rows / 2);
            var options = new IpcWriteOptions { Alignment = alignment, Allocator = allocator };
            var bytes = IpcBytes.WriteStream(batch.Schema, options, batch, slice, slice);
            foreach (var reader in Readers(bytes, allocator))
            {
                using (reader)
                {
                    Assert.Equal(batch.Schema, reader.ReadSchema());
                    foreach (var expected in (RecordBatch[])[batch, slice, slice])
                    {
                        using var actual = reader.ReadNext();
                        Assert.Null(RecordBatchComparer.Exact.FindDifference(expected, actual!));
                    }

                    Assert.Null(reader.ReadNext());
                    Assert.Null(reader.ReadNext());
                }
            }
        }

        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Fact]
    public async Task Stream_WrittenAndReadAsync_ComesBackEqual()
    {
        var allocator = new CountingAllocator();
        using (var batch = SampleData.Create(SampleData.FullSchema, 50, 4, allocator))
        {
            using var memory = new MemoryStream();
            await using (var writer = new ArrowStreamWriter(memory, batch.Schema, leaveOpen: true))
            {
                await writer.WriteAsync(batch, Stop);
                await writer.WriteAsync(batch, Stop);
                await writer.EndAsync(Stop);
                Assert.Equal(memory.Length, writer.BytesWritten);
            }

            memory.Position = 0;
            using var reader = new ArrowStreamReader(new OneByteAtATimeStream(memory), new IpcReadOptions { Allocator = allocator });
            var count = 0;
            await foreach (var actual in reader.ReadAllAsync(Stop))
            {
                using (actual)
                {
                    Assert.Null(RecordBatchComparer.Exact.FindDifference(batch, actual));
                    count++;
                }
            }

            Assert.Equal(2, count);
        }

        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Fact]
    public void Stream_WithoutBatches_HasItsSchema()
    {
        var bytes = IpcBytes.WriteStream(SampleData.FullSchema, null);
        using var reader = new ArrowStreamReader(new MemoryStream(bytes));
        Assert.Null(reader.ReadNext());
        Assert.Equal(SampleData.FullSchema, reader.Schema);
    }

    [Fact]
    public void Batch_WithoutColumns_KeepsItsRows()
    {
        using var batch = new RecordBatch(new ArrowSchema(), [], 12345);
        using var reader = new ArrowStreamReader(IpcBytes.WriteStream(batch.Schema, null, batch));
        using var actual = reader.ReadNext();
        Assert.Equal(12345, actual!.RowCount);
        Assert.Equal(0, actual.ColumnCount);
    }

    [Fact]
    public unsafe void Encode_WholeBatch_RefersToTheMemoryOfTheBatch()
    {
        using var batch = SampleData.Create(new ArrowSchema(new ArrowField("id", ArrowType.Int64, false)), 1000, 1);
        using var encoder = new IpcEncoder(batch.Schema);
        var message = Assert.Single(encoder.Encode(batch));
        using var pin = message.Body[0].Pin();
        Assert.Equal((nint)batch.Column(0).Data.Buffers[1].Pointer, (nint)pin.Pointer);
        Assert.Equal(8000, message.Body[0].Length);
        Assert.Equal(message.BodyLength, message.Body.Sum(part => (long)part.Length));
        Assert.Equal(0, message.Metadata.Length % 8);
        message.Dispose();
    }

    [Fact]
    public unsafe void Decode_FromMemory_RefersToThatMemoryAndKeepsIt()
    {
        using var batch = SampleData.Create(new ArrowSchema(new ArrowField("id", ArrowType.Int64, false)), 1000, 1);
        using var encoder = new IpcEncoder(batch.Schema);
        using var decoder = new IpcDecoder();
        using (var schema = encoder.EncodeSchema())
        {
            Assert.Null(decoder.Decode(schema.Metadata, ArrowBuffer.Empty));
        }

        using var message = encoder.Encode(batch)[0];
        var released = false;
        var body = ArrowBuffer.FromManaged(message.Body.SelectMany(part => part.ToArray()).ToArray(), () => released = true);
        var actual = decoder.Decode(message.Metadata, body)!;
        Assert.Equal((nint)body.Pointer, (nint)actual.Column(0).Data.Buffers[1].Pointer);
        body.Release();
        Assert.False(released);
        Assert.Null(RecordBatchComparer.Exact.FindDifference(batch, actual));
        actual.Dispose();
        Assert.True(released);
    }

    [Fact]
    public unsafe void Decode_BodyThatIsNotAligned_IsCopied()
    {
        var allocator = new CountingAllocator();
        using var batch = SampleData.Create(SampleData.FlatSchema, 100, 9);
        using var encoder = new IpcEncoder(batch.Schema);
        using var decoder = new IpcDecoder(new IpcReadOptions { Allocator = allocator });
        using (var schema = encoder.EncodeSchema())
        {
            decoder.Decode(schema.Metadata, ArrowBuffer.Empty);
        }

        using var message = encoder.Encode(batch)[0];
        var memory = ArrowAllocator.Default.Allocate(message.BodyLength + 3);
        message.Body.SelectMany(part => part.ToArray()).ToArray().CopyTo(memory.WritableSpan[3..]);
        using (var actual = decoder.Decode(message.Metadata, memory.Slice(3, message.BodyLength))!)
        {
            Assert.Equal(1, allocator.LiveBuffers);
            Assert.Null(RecordBatchComparer.Exact.FindDifference(batch, actual));
        }

        memory.Release();
        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Fact]
    public void Stream_DictionaryChanges_IsReplacedAndEarlierBatchesKeepTheirs()
    {
        var schema = new ArrowSchema(new ArrowField("w", ArrowType.Dictionary(ArrowType.Int8, ArrowType.Utf8)));
        using var builder = new RecordBatchBuilder(schema);
        using var first = builder.AppendRow("a").AppendRow("b").Build();
        using var second = builder.AppendRow("c").AppendRow("b").Build();
        using var reader = new ArrowStreamReader(IpcBytes.WriteStream(schema, null, first, second, first));
        using var a = reader.ReadNext();
        using var b = reader.ReadNext();
        using var c = reader.ReadNext();
        Assert.Null(RecordBatchComparer.Exact.FindDifference(first, a!));
        Assert.Null(RecordBatchComparer.Exact.FindDifference(second, b!));
        Assert.Null(RecordBatchComparer.Exact.FindDifference(first, c!));
    }

    [Fact]
    public void Write_BatchOfAnotherSchema_IsRefused()
    {
        using var batch = SampleData.Create(new ArrowSchema(new ArrowField("x", ArrowType.Int32)), 1, 1);
        using var writer = new ArrowStreamWriter(new MemoryStream(), new ArrowSchema(new ArrowField("y", ArrowType.Int32)));
        Assert.Throws<ArgumentException>(() => writer.Write(batch));
    }

    [Fact]
    public void Write_AfterTheEnd_IsRefused()
    {
        using var batch = SampleData.Create(new ArrowSchema(new ArrowField("x", ArrowType.Int32)), 1, 1);
        using var writer = new ArrowStreamWriter(new MemoryStream(), batch.Schema);
        writer.End();
        writer.End();
        Assert.Throws<InvalidOperationException>(() => writer.Write(batch));
    }

    private static ArrowStreamReader[] Readers(byte[] bytes, ArrowAllocator allocator)
    {
        var options = new IpcReadOptions { Allocator = allocator };
        return [new(new MemoryStream(bytes), options), new(new OneByteAtATimeStream(new MemoryStream(bytes)), options), new(bytes, options)];
    }

    /// <summary>A pipe that hands out one byte a call and cannot seek.</summary>
    private sealed class OneByteAtATimeStream(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, Math.Min(count, 1));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
