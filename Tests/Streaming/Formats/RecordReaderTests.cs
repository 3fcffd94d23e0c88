using System.Buffers.Binary;
using System.Text;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;

namespace OrleansFlow.Tests.Streaming.Formats;

public class RecordReaderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("a\nb\r\n\nc", "a@2 b@5 @6 c@7")]
    [InlineData("a\n", "a@2")]
    [InlineData("", "")]
    public async Task LineFeed_EndsARecord(string text, string expected) =>
        Assert.Equal(expected, await ReadAsync(new FormatConfig { Kind = FormatKind.Json }, Encoding.UTF8.GetBytes(text)));

    [Fact]
    public async Task LineFeedInQuotes_IsPartOfARecordOfCsv() =>
        Assert.Equal("a,\"b\nc\"\"\"@10 d@11", await ReadAsync(new FormatConfig { Kind = FormatKind.Csv }, "a,\"b\nc\"\"\"\nd"u8.ToArray()));

    [Theory]
    [InlineData("1,5\" disk\n2,6\" disk\n", "1,5\" disk@10 2,6\" disk@20")]
    [InlineData("1,it\"s\n2,b\n3,c\n", "1,it\"s@7 2,b@11 3,c@15")]
    [InlineData("\"a\n\"\"\nb\",1\nc,2", "\"a\n\"\"\nb\",1@11 c,2@14")]
    [InlineData("a,\"\"\"\"\nb,\"\"\nc", "a,\"\"\"\"@7 b,\"\"@12 c@13")]
    [InlineData("\"a\"x\"\nb\n", "\"a\"x\"@6 b@8")]
    [InlineData("\uFEFF\"a\nb\",1\nc", "\uFEFF\"a\nb\",1@11 c@12")]
    public async Task Quote_CountsOnlyWhereAFieldBeginsWithIt(string text, string expected) =>
        Assert.Equal(expected, await ReadAsync(new FormatConfig { Kind = FormatKind.Csv }, Encoding.UTF8.GetBytes(text)));

    [Fact]
    public async Task Quote_CountsBehindTheTablesOwnDelimiterAlone() =>
        Assert.Equal("a;\"b\nc\"@8 d,\"e@13 f@14", await ReadAsync(new FormatConfig { Kind = FormatKind.Csv, CsvDelimiter = ";" }, "a;\"b\nc\"\nd,\"e\nf"u8.ToArray()));

    [Theory]
    [InlineData(100_000)]
    [InlineData(900_000)]
    public async Task RecordThatIsTooLongAndBreaksOff_IsBadOnce(int there)
    {
        var bytes = new byte[there];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, uint.MaxValue);
        var format = new FormatConfig { Kind = FormatKind.RawBytes, Framing = FramingKind.Length };

        var bad = $"!the data ends inside of it, {there} bytes behind its start@{there}";

        Assert.Equal(bad, await ReadAsync(format, bytes));
        Assert.Equal(bad, await ReadAsync(new FormatConfig(format) { RecordBytesMax = 4, CutsLongRecords = true }, bytes));
    }

    [Fact]
    public async Task Length_StandsBeforeARecord()
    {
        var bytes = Framed("ab", "", "c");

        Assert.Equal("ab@6 @10 c@15", await ReadAsync(new FormatConfig { Kind = FormatKind.RawBytes, Framing = FramingKind.Length }, bytes));
        Assert.Equal("ab@6 @10 !the data ends inside of it, 4 bytes behind its start@14", await ReadAsync(new FormatConfig { Kind = FormatKind.RawBytes, Framing = FramingKind.Length }, bytes[..^1]));
    }

    [Fact]
    public async Task WithoutFraming_EverythingIsOneRecord() =>
        Assert.Equal("a\nb@3", await ReadAsync(new FormatConfig { Kind = FormatKind.RawString, Framing = FramingKind.None }, "a\nb"u8.ToArray()));

    [Theory]
    [InlineData(3)]
    [InlineData(400_000)]
    public async Task LongRecord_IsBad_OrCutIfThatIsAskedFor(int length)
    {
        var text = Encoding.UTF8.GetBytes($"x\n{new string('y', length)}\nz");
        var end = length + 3;

        Assert.Equal($"x@2 !it is longer than 2 bytes@{end} z@{end + 1}", await ReadAsync(new FormatConfig { Kind = FormatKind.RawString, RecordBytesMax = 2 }, text));
        Assert.Equal($"x@2 yy@{end} z@{end + 1}", await ReadAsync(new FormatConfig { Kind = FormatKind.RawString, RecordBytesMax = 2, CutsLongRecords = true }, text));
    }

    [Fact]
    public async Task LongRecordBehindItsLength_IsCutWithoutBeingHeld() =>
        Assert.Equal("yy@500004 z@500009", await ReadAsync(new FormatConfig { Kind = FormatKind.RawString, Framing = FramingKind.Length, RecordBytesMax = 2, CutsLongRecords = true }, Framed(new string('y', 500_000), "z")));

    private static byte[] Framed(params string[] records)
    {
        var stream = new MemoryStream();
        var head = new byte[4];
        foreach (var record in records)
        {
            BinaryPrimitives.WriteUInt32BigEndian(head, (uint)record.Length);
            stream.Write(head);
            stream.Write(Encoding.UTF8.GetBytes(record));
        }

        return stream.ToArray();
    }

    /// <summary>Records with the place behind each, the same whatever the pieces that the stream comes in.</summary>
    private static async Task<string> ReadAsync(FormatConfig format, byte[] bytes)
    {
        var whole = await ReadAsync(format, new MemoryStream(bytes));
        Assert.Equal(whole, await ReadAsync(format, new Trickle(bytes)));
        return whole;
    }

    private static async Task<string> ReadAsync(FormatConfig format, Stream stream)
    {
        await using var reader = new RecordReader(stream, RowFormats.Framer(format), format.RecordBytesMax > 0 ? format.RecordBytesMax : 1_000, format.CutsLongRecords);
        var records = new List<string>();
        do
        {
            while (TryRead(reader, out var record))
            {
                records.Add($"{record}@{reader.Position}");
            }
        }
        while (await reader.FillAsync(Token));
        return string.Join(" ", records);
    }

    private static bool TryRead(RecordReader reader, out string record)
    {
        try
        {
            var isThere = reader.TryRead(out var bytes);
            record = Encoding.UTF8.GetString(bytes);
            return isThere;
        }
        catch (BadRecordException exception)
        {
            record = $"!{exception.Message}";
            return true;
        }
    }

    /// <summary>A stream whose pieces have 1, 2, 3, ... bytes.</summary>
    private sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        private int _piece;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(buffer.Length, ++_piece)], cancellationToken);
    }
}
