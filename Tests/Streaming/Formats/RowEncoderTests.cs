using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Formats;

public class RowEncoderTests
{
    private static readonly ArrowType Point = ArrowType.Struct(new ArrowField("x", ArrowType.Int32), new ArrowField("tags", ArrowType.List(ArrowType.Utf8)));

    [Fact]
    public void EveryType_ComesBackFromJsonAsItWas()
    {
        var schema = new ArrowSchema(
            new ArrowField("a", ArrowType.Int64), new ArrowField("b", ArrowType.UInt8), new ArrowField("c", ArrowType.Float64), new ArrowField("d", ArrowType.Boolean), new ArrowField("e", ArrowType.Utf8),
            new ArrowField("f", ArrowType.Binary), new ArrowField("g", ArrowType.Date32), new ArrowField("h", ArrowType.Time64(TimeUnit.Microsecond)), new ArrowField("i", ArrowType.Timestamp(TimeUnit.Microsecond)),
            new ArrowField("j", ArrowType.Timestamp(TimeUnit.Nanosecond)), new ArrowField("k", ArrowType.Decimal128(20, 3)), new ArrowField("l", ArrowType.List(ArrowType.Int64)), new ArrowField("m", Point),
            new ArrowField("n", ArrowType.Map(ArrowType.Utf8, ArrowType.Float32)), new ArrowField("o", ArrowType.Decimal64(9, 2)));
        const string Full = """{"a":-9223372036854775808,"b":255,"c":0.1,"d":true,"e":"q\u0022\n\u00E9","f":"AAEC","g":"1969-12-31","h":"23:59:59.999999","i":"1969-12-31T23:59:59.999999Z","j":"2026-01-02T03:04:05.000000006Z","k":-12345678901234567.891,"l":[1,null],"m":{"x":null,"tags":["t"]},"n":{"k":1.5},"o":0.07}""";
        const string Null = """{"a":null,"b":null,"c":null,"d":null,"e":null,"f":null,"g":null,"h":null,"i":null,"j":null,"k":null,"l":null,"m":null,"n":null,"o":null}""";

        Assert.Equal($"{Full}\n{Null}\n", Again(new FormatConfig { Kind = FormatKind.Json }, schema, Full, Null));
    }

    [Theory]
    [InlineData(JsonTimes.UnixSeconds, "-1")]
    [InlineData(JsonTimes.UnixMillis, "-1")]
    [InlineData(JsonTimes.UnixMicros, "-1")]
    public void TimesAsNumbers_ComeBackAsTheyWere(JsonTimes times, string number) =>
        Assert.Equal($"{{\"i\":{number}}}\n", Again(new FormatConfig { Kind = FormatKind.Json, JsonTimes = times }, new ArrowSchema(new ArrowField("i", ArrowType.Timestamp(TimeUnit.Microsecond))), $"{{\"i\":{number}}}"));

    [Fact]
    public void DecimalsAsText_ComeBackAsTheyWere() =>
        Assert.Equal("{\"i\":\"1.50\"}\n", Again(new FormatConfig { Kind = FormatKind.Json, JsonDecimalText = true }, new ArrowSchema(new ArrowField("i", ArrowType.Decimal128(9, 2))), "{\"i\":1.5}"));

    [Fact]
    public void Csv_ComesBackAsItWas_NullsAndEmptyTextsToo()
    {
        var schema = new ArrowSchema(new ArrowField("a", ArrowType.Int64), new ArrowField("b", ArrowType.Utf8), new ArrowField("c", ArrowType.Timestamp(TimeUnit.Microsecond)), new ArrowField("d", ArrowType.Float64), new ArrowField("e", ArrowType.Boolean));

        Assert.Equal(
            "1,\"x,\"\"y\n\",2026-01-02T03:04:05.000006Z,0.5,true\n,,,,\n2,\"\",,,false\n",
            Again(new FormatConfig { Kind = FormatKind.Csv }, schema, "1,\"x,\"\"y\n\",2026-01-02 03:04:05.000006,0.5,true", ",,,,", "2,\"\",,,false"));
    }

    [Fact]
    public void Csv_QuotesAnyValueThatWouldBeReadAsAnother()
    {
        var schema = new ArrowSchema(
            new ArrowField("a", ArrowType.Int64), new ArrowField("b", ArrowType.Binary), new ArrowField("c", ArrowType.Timestamp(TimeUnit.Microsecond)), new ArrowField("d", ArrowType.Float64));

        Assert.Equal("0,\"\",2026-01-02T03:04:05.000006Z,-1\n", Again(new FormatConfig { Kind = FormatKind.Csv }, schema, "0,\"\",2026-01-02 03:04:05.000006,-1"));
        Assert.Equal("\"0\",,0,0\n", Again(new FormatConfig { Kind = FormatKind.Csv, CsvNull = "0" }, schema, "\"0\",\"\",0,0"));
        Assert.Equal(
            "\"-1\"-aGk=-\"2026-01-02T03:04:05.000006Z\"-\"-1\"\n",
            Again(new FormatConfig { Kind = FormatKind.Csv, CsvDelimiter = "-" }, schema, "\"-1\"-aGk=-\"2026-01-02 03:04:05.000006\"-\"-1\""));
    }

    [Fact]
    public void RecordsOfALength_AreFramed() =>
        Assert.Equal("\0\0\0\u0002ab\0\0\0\0", Again(new FormatConfig { Kind = FormatKind.RawString, Framing = FramingKind.Length }, new ArrowSchema(new ArrowField("v", ArrowType.Utf8)), "ab", ""));

    [Fact]
    public void NestedColumn_IsRefusedByCsv() =>
        Assert.Equal(
            FlowErrorCode.Unsupported,
            Assert.Throws<FlowException>(() => RowFormats.Encoder(new FormatConfig { Kind = FormatKind.Csv }, new ArrowSchema(new ArrowField("p", Point)))).Code);

    [Fact]
    public void ColumnsOfATable_HaveItsNames_AndTheEventTimeStaysOut()
    {
        var input = new ArrowSchema(new ArrowField("c0", ArrowType.Int64), EventTime.Field);
        using var builder = new RecordBatchBuilder(input);
        builder.Column<Int64Builder>(0).Append(7);
        builder.Column<TimestampBuilder>(1).Append(0L);
        using var batch = builder.Build();
        using var named = new SinkRows(new RowSinkConfig { Columns = { "n" } }, input);
        using var unnamed = new SinkRows(null, input);
        using var csv = new SinkRows(new RowSinkConfig { Columns = { "n" }, Format = new FormatConfig { Kind = FormatKind.Csv } }, input);

        Assert.Equal("{\"n\":7}\n", Encoding.UTF8.GetString(named.Write(batch).Span));
        Assert.Equal("{\"c0\":7}\n", Encoding.UTF8.GetString(unnamed.Write(batch).Span));
        Assert.Equal("n\n", Encoding.UTF8.GetString(csv.Head().Span));
        Assert.Equal(FlowErrorCode.BadGraph, Assert.Throws<FlowException>(() => new SinkRows(new RowSinkConfig { Columns = { "a", "b", "c" } }, input)).Code);
    }

    private static string Again(FormatConfig format, ArrowSchema schema, params string[] records)
    {
        using var decoder = RowFormats.Decoder(format, schema);
        foreach (var record in records)
        {
            decoder.Add(Encoding.UTF8.GetBytes(record));
        }

        using var batch = decoder.Build();
        using var rows = new SinkRows(new RowSinkConfig { Format = format }, schema);
        return Encoding.UTF8.GetString(rows.Write(batch!).Span);
    }
}
