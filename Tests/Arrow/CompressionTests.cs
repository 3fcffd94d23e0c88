using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;

namespace OrleansFlow.Tests.Arrow;

/// <summary>Goal: compressed batches come back as they were, whichever LZ4 made them, and damaged ones are refused without harm.</summary>
public sealed class CompressionTests
{
    public static TheoryData<IpcCompression, bool> Ways => new()
    {
        { IpcCompression.Lz4Frame, false }, { IpcCompression.Lz4Frame, true }, { IpcCompression.Zstd, false }, { IpcCompression.Zstd, true },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Write_EveryTypeCompressed_ComesBackEqual(IpcCompression codec, bool asFile)
    {
        RequireLibrary(codec);
        var allocator = new CountingAllocator();
        using (var batch = SampleData.Create(SampleData.FullSchema, 300, 21, allocator))
        {
            using var slice = batch.Slice(11, 200);
            using var none = batch.Slice(0, 0);
            RecordBatch[] batches = [batch, slice, none];
            var options = new IpcWriteOptions { Compression = codec, Allocator = allocator };
            var bytes = asFile ? IpcBytes.WriteFile(batch.Schema, options, batches) : IpcBytes.WriteStream(batch.Schema, options, batches);
            var plain = asFile ? IpcBytes.WriteFile(batch.Schema, batches) : IpcBytes.WriteStream(batch.Schema, null, batches);
            Assert.InRange(bytes.Length, 1, plain.Length - 1);
            var read = IpcBytes.ReadAll(bytes, asFile, new IpcReadOptions { Allocator = allocator });
            for (var i = 0; i < batches.Length; i++)
            {
                Assert.Null(RecordBatchComparer.Exact.FindDifference(batches[i], read[i]));
                read[i].Dispose();
            }
        }

        Assert.Equal(0, allocator.LiveBuffers);
    }

    public static TheoryData<string> Inputs => ["empty", "one", "zeros", "random", "text", "pattern", "mixed", "exact-block"];

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Lz4_ManagedAndSystem_ReadEachOther(string kind)
    {
        var raw = Input(kind);
        var managed = new byte[Lz4Frame.Bound(raw.Length)];
        managed = managed[..Lz4Frame.Compress(raw, managed)];
        AssertDecompresses(Lz4Frame.Decompress, managed, raw);
        if (kind is "zeros" or "text" or "pattern")
        {
            Assert.InRange(managed.Length, 1, raw.Length / 2);
        }

        if (!Lz4Library.IsAvailable)
        {
            Assert.Skip("The system has no liblz4.");
        }

        AssertDecompresses(Lz4Library.Decompress, managed, raw);
        var system = new byte[Lz4Frame.Bound(raw.Length)];
        system = system[..Lz4Library.Compress(raw, system)];
        AssertDecompresses(Lz4Frame.Decompress, system, raw);
        AssertDecompresses(Lz4Library.Decompress, system, raw);
    }

    [Fact]
    public void Lz4_DamagedFrames_AreRefusedOrGiveBytesOfTheRightLength()
    {
        var raw = Input("mixed");
        var frame = new byte[Lz4Frame.Bound(raw.Length)];
        frame = frame[..Lz4Frame.Compress(raw, frame)];
        var refused = 0;
        for (var seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            var damaged = (byte[])frame.Clone();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                damaged[random.Next(2) == 0 ? random.Next(40) : random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            var cut = random.Next(5) == 0 ? damaged[..random.Next(damaged.Length)] : damaged;
            refused += Refuses(Lz4Frame.Decompress, cut, raw.Length);
            if (Lz4Library.IsAvailable)
            {
                Refuses(Lz4Library.Decompress, cut, raw.Length);
            }
        }

        Assert.InRange(refused, 500, 3000);
    }

    [Fact]
    public void Lz4_AnotherLengthThanClaimed_IsRefused()
    {
        var raw = Input("text");
        var frame = new byte[Lz4Frame.Bound(raw.Length)];
        frame = frame[..Lz4Frame.Compress(raw, frame)];
        foreach (var length in (int[])[0, raw.Length - 1, raw.Length + 1])
        {
            Assert.Throws<ArrowFormatException>(() => Lz4Frame.Decompress(frame, new byte[length]));
        }
    }

    [Fact]
    public void Read_RawLengthThatCannotBe_IsRefusedBeforeAllocating()
    {
        using var batch = SampleData.Create(new ArrowSchema(new ArrowField("x", ArrowType.Int64, false)), 1000, 1);
        using var builder = new RecordBatchBuilder(batch.Schema);
        for (var i = 0; i < 1000; i++)
        {
            builder.AppendRow(7L);
        }

        using var constant = builder.Build();
        using var encoder = new IpcEncoder(constant.Schema, new IpcWriteOptions { Compression = IpcCompression.Lz4Frame });
        using var message = encoder.Encode(constant)[0];
        var body = message.Body.SelectMany(part => part.ToArray()).ToArray();
        foreach (var claim in (long[])[-2, long.MaxValue, 1 << 29, 8001, 7999])
        {
            BitConverter.TryWriteBytes(body, claim);
            var allocator = new CountingAllocator();
            using var decoder = new IpcDecoder(new IpcReadOptions { Allocator = allocator });
            using (var schema = encoder.EncodeSchema())
            {
                decoder.Decode(schema.Metadata, ArrowBuffer.Empty);
            }

            var buffer = ArrowBuffer.CopyOf(body, ArrowAllocator.Default);
            var error = Assert.Throws<ArrowFormatException>(() => decoder.Decode(message.Metadata, buffer));
            Assert.Contains("Field 'x'", error.Message, StringComparison.Ordinal);
            buffer.Release();
            Assert.InRange(allocator.PeakBytes, 0, 9000);
            Assert.Equal(0, allocator.LiveBuffers);
        }
    }

    [Fact]
    public void Read_MoreRawBytesThanTheLimit_IsRefused()
    {
        using var batch = SampleData.Create(new ArrowSchema(new ArrowField("x", ArrowType.Int64, false), new ArrowField("y", ArrowType.Int64, false)), 0, 1);
        using var builder = new RecordBatchBuilder(batch.Schema);
        for (var i = 0; i < 1000; i++)
        {
            builder.AppendRow(7L, 8L);
        }

        using var constant = builder.Build();
        var bytes = IpcBytes.WriteStream(constant.Schema, new IpcWriteOptions { Compression = IpcCompression.Lz4Frame }, constant);
        using var enough = new ArrowStreamReader(bytes, new IpcReadOptions { MaxBodyBytes = 16_000 });
        enough.ReadNext()!.Dispose();
        using var tooSmall = new ArrowStreamReader(bytes, new IpcReadOptions { MaxBodyBytes = 15_999 });
        Assert.Contains("Field 'y'", Assert.Throws<ArrowFormatException>(() => tooSmall.ReadNext()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Zstd_WithoutTheLibrary_NamesThePackage() =>
        Assert.Contains("libzstd1", Assert.Throws<NotSupportedException>(() => ZstdLibrary.Require<string>(null)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("", 0x02CC5D05u)]
    [InlineData("a", 0x550D7456u)]
    [InlineData("abc", 0x32D153FFu)]
    [InlineData("Nobody inspects the spammish repetition", 0xE2293B2Fu)]
    public void XxHash_PublishedInputs_HaveTheirHashes(string text, uint expected) =>
        Assert.Equal(expected, XxHash32.Compute(Encoding.ASCII.GetBytes(text)));

    private static int Refuses(Action<ReadOnlySpan<byte>, Span<byte>> decompress, byte[] frame, int length)
    {
        try
        {
            decompress(frame, new byte[length]);
            return 0;
        }
        catch (ArrowFormatException)
        {
            return 1;
        }
    }

    private static void AssertDecompresses(Action<ReadOnlySpan<byte>, Span<byte>> decompress, byte[] frame, byte[] raw)
    {
        var actual = new byte[raw.Length];
        decompress(frame, actual);
        Assert.Equal(raw, actual);
    }

    private static byte[] Input(string kind)
    {
        var random = new Random(5);
        var noise = new byte[200_000];
        random.NextBytes(noise);
        return kind switch
        {
            "empty" => [],
            "one" => [42],
            "zeros" => new byte[300_000],
            "random" => noise,
            "text" => Encoding.UTF8.GetBytes(string.Join(' ', Enumerable.Range(0, 20_000).Select(i => $"value {i % 700}"))),
            "pattern" => [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i % 7))],
            "exact-block" => [.. Enumerable.Range(0, 65_536).Select(i => (byte)(i % 251))],
            _ => [.. Enumerable.Range(0, 150_000).Select(i => i / 1000 % 2 == 0 ? noise[i] : (byte)(i % 13))],
        };
    }

    private static void RequireLibrary(IpcCompression codec)
    {
        if (codec == IpcCompression.Zstd && !ZstdLibrary.IsAvailable)
        {
            Assert.Skip("The system has no libzstd.");
        }
    }
}
