using System.Buffers.Binary;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;

namespace OrleansFlow.Tests.Arrow;

/// <summary>
/// Goal: whatever bytes come, the outcome is batches whose every value can be read, or <see cref="ArrowFormatException"/>; never
/// another exception, a read outside the memory, or a leak. Method: seeded damage to valid streams and files.
/// </summary>
public sealed class HostileInputTests
{
    private static readonly IpcReadOptions Limits = new() { MaxBodyBytes = 1 << 20, MaxMetadataBytes = 1 << 20, MaxDictionaryBytes = 1 << 20 };

    /// <summary>Two bodies and the dictionaries within the limits.</summary>
    private const long MostBytes = 4 << 20;

    /// <summary>Damaged inputs in all; FLOW_ARROW_FUZZ_CASES=1000000 is the long run.</summary>
    private static readonly int Cases = int.TryParse(Environment.GetEnvironmentVariable("FLOW_ARROW_FUZZ_CASES"), out var cases) ? cases : 20_000;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, 0)]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    [InlineData(true, 1)]
    public void Read_DamagedBytes_GivesBatchesOrAFormatError(bool asFile, int part)
    {
        using var full = SampleData.Create(SampleData.FullSchema, 20, 1);
        using var flat = SampleData.Create(SampleData.FlatSchema, 20, 2);
        var narrow = new IpcWriteOptions { Alignment = 8 };
        var lz4 = new IpcWriteOptions { Compression = IpcCompression.Lz4Frame };
        var small = new IpcWriteOptions { Compression = ZstdLibrary.IsAvailable ? IpcCompression.Zstd : IpcCompression.Lz4Frame };
        byte[][] valid = asFile
            ? [IpcBytes.WriteFile(full.Schema, full, full), IpcBytes.WriteFile(flat.Schema, flat), IpcBytes.WriteFile(full.Schema, lz4, full), IpcBytes.WriteFile(full.Schema, small, full)]
            : [IpcBytes.WriteStream(full.Schema, null, full, full), IpcBytes.WriteStream(flat.Schema, narrow, flat), IpcBytes.WriteStream(full.Schema, lz4, full), IpcBytes.WriteStream(full.Schema, small, full)];
        var share = Cases / 4;
        var refused = 0;
        for (var seed = part * share; seed < (part + 1) * share; seed++)
        {
            Stop.ThrowIfCancellationRequested();
            var random = new Random(seed);
            var bytes = Damage(valid[seed % valid.Length], random);
            var allocator = new CountingAllocator();
            var outcome = "was read";
            try
            {
                ReadAll(bytes, asFile, random.Next(2) == 0, allocator);
            }
            catch (ArrowFormatException exception)
            {
                outcome = exception.ToString();
                refused++;
            }
            catch (Exception exception)
            {
                Assert.Fail($"seed {seed}: {exception}");
            }

            Assert.True(allocator.LiveBuffers == 0, $"seed {seed}: {allocator.LiveBuffers} buffers leaked; {outcome}");
            Assert.True(allocator.PeakBytes <= MostBytes, $"seed {seed}: {allocator.PeakBytes} bytes were taken for {bytes.Length}");
        }

        Assert.InRange(refused, share / 5, share - 1);
    }

    [Fact]
    public void Read_StreamCutAnywhere_SaysSoOrEnds()
    {
        using var batch = SampleData.Create(SampleData.FullSchema, 5, 3);
        var bytes = IpcBytes.WriteStream(batch.Schema, null, batch);
        for (var length = 0; length < bytes.Length; length += 7)
        {
            var allocator = new CountingAllocator();
            var cut = bytes[..length];
            try
            {
                ReadAll(cut, false, length % 2 == 0, allocator);
            }
            catch (ArrowFormatException)
            {
                // Expected wherever the cut is inside a message.
            }

            Assert.Equal(0, allocator.LiveBuffers);
        }

        using var reader = new ArrowStreamReader(new MemoryStream(bytes[..^100]), Limits);
        reader.ReadSchema();
        Assert.Contains("ends in the", Assert.Throws<ArrowFormatException>(() => { while (reader.ReadNext() is { } next) { next.Dispose(); } }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_FileCutAnywhere_IsRefused()
    {
        using var batch = SampleData.Create(SampleData.FlatSchema, 5, 3);
        var bytes = IpcBytes.WriteFile(batch.Schema, batch);
        for (var length = 0; length < bytes.Length; length += 13)
        {
            var cut = bytes[..length];
            Assert.Throws<ArrowFormatException>(() => ArrowFileReader.Open(cut));
        }
    }

    [Fact]
    public void Decode_OffsetsAndIndicesThatPointOutside_AreNamed()
    {
        var schema = new ArrowSchema(new ArrowField("s", ArrowType.Utf8, false));
        using var builder = new RecordBatchBuilder(schema);
        using var batch = builder.AppendRow("abc").AppendRow("def").Build();
        var defects = new (int Index, int Value, string Expected)[] { (1, 7, "decrease"), (0, -1, "decrease"), (2, 7, "the last offset is 7"), (2, 2, "decrease") };
        foreach (var (index, value, expected) in defects)
        {
            Assert.Contains(expected, DecodeError(batch, 0, index * 4, value), StringComparison.Ordinal);
        }

        Assert.Contains("not UTF-8", DecodeError(batch, 64, 0, 0xFF), StringComparison.Ordinal);

        var words = new ArrowSchema(new ArrowField("w", ArrowType.Dictionary(ArrowType.Int32, ArrowType.Utf8), false));
        using var wordBuilder = new RecordBatchBuilder(words);
        using var wordBatch = wordBuilder.AppendRow("a").Build();
        Assert.Contains("outside a dictionary of 1", DecodeError(wordBatch, 0, 0, 1), StringComparison.Ordinal);
        Assert.Contains("outside a dictionary of 1", DecodeError(wordBatch, 0, 0, -1), StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_MessagesInTheWrongOrder_AreRefused()
    {
        using var batch = SampleData.Create(SampleData.FlatSchema, 1, 1);
        using var encoder = new IpcEncoder(batch.Schema);
        using var message = encoder.Encode(batch)[0];
        using var schema = encoder.EncodeSchema();
        using var decoder = new IpcDecoder();
        Assert.Contains("before the schema", Assert.Throws<ArrowFormatException>(() => decoder.Decode(message.Metadata, Body(message))).Message, StringComparison.Ordinal);
        decoder.Decode(schema.Metadata, ArrowBuffer.Empty);
        Assert.Contains("second schema", Assert.Throws<ArrowFormatException>(() => decoder.Decode(schema.Metadata, ArrowBuffer.Empty)).Message, StringComparison.Ordinal);
        Assert.Contains("claims a body", Assert.Throws<ArrowFormatException>(() => decoder.Decode(message.Metadata, ArrowBuffer.Empty)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_DictionaryWhoseLastFieldIsDamaged_LetsGoOfItsBody()
    {
        using var builder = new RecordBatchBuilder(new ArrowSchema(new ArrowField("w", ArrowType.Dictionary(ArrowType.Int8, ArrowType.Utf8))));
        using var batch = builder.AppendRow("a").Build();
        using var encoder = new IpcEncoder(batch.Schema);
        using var decoder = new IpcDecoder();
        using (var schema = encoder.EncodeSchema())
        {
            decoder.Decode(schema.Metadata, ArrowBuffer.Empty);
        }

        var messages = encoder.Encode(batch);
        var metadata = messages[0].Metadata.ToArray();
        var table = IpcBytes.TableAt(metadata, 0, 2);
        var fields = table - BinaryPrimitives.ReadInt32LittleEndian(metadata.AsSpan(table));
        BinaryPrimitives.WriteUInt16LittleEndian(metadata.AsSpan(fields + 4 + 2 * 2), 60_000);
        var allocator = new CountingAllocator();
        var body = ArrowBuffer.CopyOf(messages[0].Body.SelectMany(part => part.ToArray()).ToArray(), allocator);
        Assert.Throws<ArrowFormatException>(() => decoder.Decode(metadata, body));
        body.Release();
        Assert.Equal(0, allocator.LiveBuffers);
        foreach (var message in messages)
        {
            message.Dispose();
        }
    }

    private static string DecodeError(RecordBatch batch, int bodyStart, int position, int value)
    {
        using var encoder = new IpcEncoder(batch.Schema);
        using var decoder = new IpcDecoder();
        using (var schema = encoder.EncodeSchema())
        {
            decoder.Decode(schema.Metadata, ArrowBuffer.Empty);
        }

        foreach (var message in encoder.Encode(batch))
        {
            using (message)
            {
                var body = Body(message);
                if (message.Kind == IpcMessageKind.RecordBatch)
                {
                    BinaryPrimitives.WriteInt32LittleEndian(body.WritableSpan[(bodyStart + position)..], value);
                    var error = Assert.Throws<ArrowFormatException>(() => decoder.Decode(message.Metadata, body)).Message;
                    body.Release();
                    return error;
                }

                decoder.Decode(message.Metadata, body);
                body.Release();
            }
        }

        return "";
    }

    private static ArrowBuffer Body(IpcMessage message) =>
        ArrowBuffer.CopyOf(message.Body.SelectMany(part => part.ToArray()).ToArray(), ArrowAllocator.Default);

    private static byte[] Damage(byte[] valid, Random random)
    {
        var bytes = (byte[])valid.Clone();
        for (var count = random.Next(1, 5); count > 0; count--)
        {
            // Most bytes are padding or values, so half of the damage goes where schema or footer lie.
            var at = random.Next(4) switch
            {
                0 => random.Next(Math.Min(bytes.Length, 8000)),
                1 => bytes.Length - 1 - random.Next(Math.Min(bytes.Length, 8000)),
                _ => random.Next(bytes.Length),
            };
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2 when at + 4 <= bytes.Length:
                    BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at & ~3), Extreme(random));
                    break;
                default:
                    if (at + 8 <= bytes.Length)
                    {
                        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at & ~7), Extreme(random));
                    }

                    break;
            }
        }

        return random.Next(10) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    private static int Extreme(Random random) => random.Next(7) switch
    {
        0 => int.MaxValue,
        1 => int.MinValue,
        2 => -1,
        3 => 0,
        4 => random.Next(100),
        5 => random.Next(100_000),
        _ => random.Next(),
    };

    private static void ReadAll(byte[] bytes, bool asFile, bool fromMemory, ArrowAllocator allocator)
    {
        var options = new IpcReadOptions
        {
            Allocator = allocator,
            MaxBodyBytes = Limits.MaxBodyBytes,
            MaxMetadataBytes = Limits.MaxMetadataBytes,
            MaxDictionaryBytes = Limits.MaxDictionaryBytes,
        };
        if (asFile)
        {
            using var reader = fromMemory ? ArrowFileReader.Open(bytes, options) : ArrowFileReader.Open(new MemoryStream(bytes), options);
            for (var i = 0; i < Math.Min(reader.BatchCount, 10); i++)
            {
                using var batch = reader.ReadBatch(i);
                Touch(batch);
            }

            return;
        }

        using var stream = fromMemory ? new ArrowStreamReader(bytes, options) : new ArrowStreamReader(new MemoryStream(bytes), options);
        while (stream.ReadNext() is { } next)
        {
            using (next)
            {
                Touch(next);
            }
        }
    }

    private static void Touch(RecordBatch batch)
    {
        foreach (var column in batch.Columns)
        {
            for (var row = 0; row < Math.Min(column.Length, 100); row++)
            {
                ArrowFormatter.FormatValue(column, row);
            }
        }

        IpcBytes.WriteStream(batch.Schema, null, batch);
    }
}
