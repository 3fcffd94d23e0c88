using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Sql.Planning;

namespace OrleansFlow.Tests.Streaming.Formats;

/// <summary>Goal: records of text that were damaged by chance are rows or bad records, and nothing of them shows in the good ones. A failure names its seed and round.</summary>
public class TextDamageTests
{
    private const string Row = """{"n":-12,"t":"a\u00e9\n","d":12.50,"f":1e-3,"b":true,"at":"2026-01-02T03:04:05.678+01:00","l":[{"x":1},null,{"y":["q",null]}],"m":{"k\"1":5,"k2":null},"z":"aGk="}""";

    private static readonly ArrowType Item = ArrowType.Struct(new ArrowField("x", ArrowType.Int8), new ArrowField("y", ArrowType.List(ArrowType.Utf8)));

    private static readonly ArrowField[] Flat =
    [
        new("n", ArrowType.Int64), new("t", ArrowType.Utf8), new("d", ArrowType.Decimal128(9, 2)), new("f", ArrowType.Float64), new("b", ArrowType.Boolean),
        new("at", ArrowType.Timestamp(TimeUnit.Microsecond)), new("z", ArrowType.Binary),
    ];

    private static readonly ArrowField[] Nested = [.. Flat, new("l", ArrowType.List(Item)), new("m", ArrowType.Map(ArrowType.Utf8, ArrowType.Int64))];

    public static TheoryData<int, FormatKind> Damages()
    {
        var data = new TheoryData<int, FormatKind>();
        foreach (var kind in (FormatKind[])[FormatKind.Json, FormatKind.JsonValue, FormatKind.DebeziumJson, FormatKind.Csv, FormatKind.RawString, FormatKind.RawBytes])
        {
            for (var seed = 1; seed <= 4; seed++)
            {
                data.Add(seed, kind);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void DamagedRecords_AreBadRecords_AndGoodOnesAmongThemComeOut(int seed, FormatKind kind)
    {
        var (columns, records) = SampleOf(kind);
        var format = new FormatConfig { Kind = kind };
        byte[][] good = [.. records.Select(Encoding.UTF8.GetBytes)];

        DecodedRows.CheckHostile(format, columns, good, seed, DecodedRows.Of(format, columns, good));
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task DamagedStream_IsDividedTheSame_WhateverThePiecesItComesIn(int seed, FormatKind kind)
    {
        var (_, records) = SampleOf(kind);
        var random = new Random(seed);
        var format = new FormatConfig { Kind = kind, Framing = seed % 2 == 0 ? FramingKind.Length : FramingKind.Newline };
        for (var round = 0; round < 50; round++)
        {
            var bytes = new List<byte>();
            foreach (var record in records)
            {
                bytes.AddRange(Framed(format.Framing, Encoding.UTF8.GetBytes(record)));
            }

            for (var change = random.Next(1, 6); change > 0; change--)
            {
                bytes[random.Next(bytes.Count)] = random.Next(4) switch { 0 => (byte)'"', 1 => (byte)'\n', 2 => 0xFF, _ => (byte)random.Next(256) };
            }

            var whole = await DivideAsync(format, bytes.ToArray(), int.MaxValue);
            var pieces = await DivideAsync(format, bytes.ToArray(), random.Next(1, 9));

            Assert.True(whole.SequenceEqual(pieces), $"Seed {seed}, round {round}: {string.Join(" | ", whole)} in one piece, and {string.Join(" | ", pieces)} in several.");
        }
    }

    private static (ArrowSchema Columns, string[] Records) SampleOf(FormatKind kind) => kind switch
    {
        FormatKind.Json => (new ArrowSchema(Nested), [Row, """{"n":1,"l":[],"unknown":{"deep":[[[1]]]}}"""]),
        FormatKind.DebeziumJson => (
            new ArrowSchema([.. Nested, ChangeRows.RetractField]),
            [$$"""{"before":{{Row}},"after":{{Row}},"op":"u"}""", $$"""{"schema":{},"payload":{"before":null,"after":{{Row}},"op":"r"} }""", $$"""{"op":"d","before":{{Row}} }"""]),
        FormatKind.Csv => (new ArrowSchema(Flat), ["1,\"a \"\"q\"\",\nb\",12.50,1e-3,true,2026-01-02 03:04:05,aGk=", ",,,,,,"]),
        FormatKind.RawBytes => (new ArrowSchema(new ArrowField("v", ArrowType.Binary)), [Row, "é"]),
        _ => (new ArrowSchema(new ArrowField("v", ArrowType.Utf8)), [Row, "[\"é\"]"]),
    };

    private static byte[] Framed(FramingKind framing, byte[] record) =>
        framing == FramingKind.Length ? [0, 0, (byte)(record.Length >> 8), (byte)record.Length, .. record] : [.. record, (byte)'\n'];

    private static async Task<List<string>> DivideAsync(FormatConfig format, byte[] bytes, int pieceBytesMax)
    {
        await using var reader = new RecordReader(new Pieces(bytes, pieceBytesMax), RowFormats.Framer(format), 10_000, cutsLong: false);
        var records = new List<string>();
        do
        {
            while (TryRead(reader, records))
            {
                Assert.True(records.Count <= bytes.Length + 1, "Records without an end.");
            }
        }
        while (await reader.FillAsync(TestContext.Current.CancellationToken));
        Assert.Equal(bytes.Length, reader.Position);
        return records;
    }

    private static bool TryRead(RecordReader reader, List<string> records)
    {
        try
        {
            if (!reader.TryRead(out var record))
            {
                return false;
            }

            records.Add(Convert.ToHexString(record));
        }
        catch (BadRecordException exception)
        {
            records.Add(exception.Message);
        }

        return true;
    }

    private sealed class Pieces(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(buffer.Length, most)], cancellationToken);
    }
}
