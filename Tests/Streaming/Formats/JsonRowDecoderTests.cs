using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;

namespace OrleansFlow.Tests.Streaming.Formats;

public class JsonRowDecoderTests
{
    private static readonly FormatConfig Json = new() { Kind = FormatKind.Json };

    [Fact]
    public void Fields_GoToTheirColumns_WhateverTheirOrder_AndOthersNowhere() =>
        Assert.Equal(
            ["1|a|true", "2|null|null", "3|b|null"],
            DecodedRows.Of(Json, Schema(("n", ArrowType.Int64), ("t", ArrowType.Utf8), ("b", ArrowType.Boolean)),
                """{"n":1,"t":"a","b":true}""", """{"x":{"y":[1,2]},"n":2,"t":null}""", """ {"b":null,"t":"b","n":3} """, "  "));

    [Theory]
    [InlineData("-128", "-128")]
    [InlineData("1e2", "100")]
    [InlineData("7.0", "7")]
    [InlineData("\"12\"", "12")]
    [InlineData("128", "!column 'v' (int8) does not take '128'")]
    [InlineData("1.5", "!column 'v' (int8) does not take '1.5'")]
    [InlineData("true", "!column 'v' (int8) does not take 'true'")]
    [InlineData("{}", "!column 'v' (int8) does not take an object")]
    public void WholeNumber_IsTakenIfItFits(string json, string expected) => Check(ArrowType.Int8, json, expected);

    [Theory]
    [InlineData("1", "1")]
    [InlineData("1.25e-2", "0.0125")]
    [InlineData("\"NaN\"", "NaN")]
    [InlineData("false", "!column 'v' (double) does not take 'false'")]
    [InlineData("\"-Infinity\"", "-Infinity")]
    [InlineData("1.7976931348623157e308", "1.7976931348623157E+308")]
    [InlineData("1e309", "!column 'v' (double) does not take '1e309'")]
    [InlineData("-1e400", "!column 'v' (double) does not take '-1e400'")]
    [InlineData("1e-400", "0")]
    [InlineData("\"1\\u0000\"", "!column 'v' (double) does not take '1\\u0000'")]
    public void FloatingPointNumber_IsTaken(string json, string expected) => Check(ArrowType.Float64, json, expected);

    [Theory]
    [InlineData("\"a\\u00e9\\n\"", "aé\n")]
    [InlineData("12.50", "12.50")]
    [InlineData("true", "true")]
    [InlineData("{\"a\": [1, 2]}", "{\"a\": [1, 2]}")]
    [InlineData("[1, {}]", "[1, {}]")]
    public void Text_TakesAnyValueAsItIsWritten(string json, string expected) => Check(ArrowType.Utf8, json, expected);

    [Theory]
    [InlineData("\"2023-10-09T17:13:20+00:00\"", "2023-10-09T17:13:20")]
    [InlineData("\"2023-10-09T17:13:20.200+02:00\"", "2023-10-09T15:13:20.200000")]
    [InlineData("\"2023-10-09 17:13:20.1234567Z\"", "2023-10-09T17:13:20.123456")]
    [InlineData("\"2023-10-09\"", "2023-10-09T00:00:00")]
    [InlineData("\"2023-02-29T00:00:00Z\"", "!column 'v' (timestamp[us]) does not take '2023-02-29T00:00:00Z'")]
    [InlineData("\"2023-10-09T24:00:00Z\"", "!column 'v' (timestamp[us]) does not take '2023-10-09T24:00:00Z'")]
    [InlineData("1700000000", "!column 'v' (timestamp[us]) does not take '1700000000'")]
    public void Timestamp_IsRfc3339(string json, string expected) => Check(ArrowType.Timestamp(TimeUnit.Microsecond), json, expected);

    [Theory]
    [InlineData(JsonTimes.UnixSeconds, "1700000000")]
    [InlineData(JsonTimes.UnixMillis, "1700000000000")]
    [InlineData(JsonTimes.UnixMicros, "1700000000000000")]
    [InlineData(JsonTimes.UnixMicros, "\"2023-11-14T22:13:20Z\"")]
    public void Timestamp_MayBeANumber_IfTheFormatSaysOfWhat(JsonTimes times, string json) =>
        Assert.Equal(["2023-11-14T22:13:20"], DecodedRows.Of(new FormatConfig { Kind = FormatKind.Json, JsonTimes = times }, Schema(("v", ArrowType.Timestamp(TimeUnit.Microsecond))), $"{{\"v\":{json}}}"));

    [Theory]
    [InlineData("1.5", "1.50")]
    [InlineData("\"-12.34\"", "-12.34")]
    [InlineData("1e1", "10.00")]
    [InlineData("123.45", "!column 'v' (decimal128(4, 2)) does not take '123.45'")]
    [InlineData("1.234", "!column 'v' (decimal128(4, 2)) does not take '1.234'")]
    [InlineData("1.5e1", "15.00")]
    [InlineData("-1.25E+1", "-12.50")]
    [InlineData("1e-1", "0.10")]
    [InlineData("2500e-3", "2.50")]
    [InlineData("0.0e5", "0.00")]
    [InlineData("-0", "0.00")]
    [InlineData("1.5e2", "!column 'v' (decimal128(4, 2)) does not take '1.5e2'")]
    [InlineData("1e-3", "!column 'v' (decimal128(4, 2)) does not take '1e-3'")]
    [InlineData("1e2147483647", "!column 'v' (decimal128(4, 2)) does not take '1e2147483647'")]
    [InlineData("1e-99999999999999999999", "!column 'v' (decimal128(4, 2)) does not take '1e-99999999999999999999'")]
    [InlineData("0e99999999999999999999", "0.00")]
    [InlineData("\".-5\"", "!column 'v' (decimal128(4, 2)) does not take '.-5'")]
    [InlineData("\"1e5.5\"", "!column 'v' (decimal128(4, 2)) does not take '1e5.5'")]
    [InlineData("\"1.2.3\"", "!column 'v' (decimal128(4, 2)) does not take '1.2.3'")]
    [InlineData("\"\"", "!column 'v' (decimal128(4, 2)) does not take ''")]
    [InlineData("\"-\"", "!column 'v' (decimal128(4, 2)) does not take '-'")]
    [InlineData("\"1e\"", "!column 'v' (decimal128(4, 2)) does not take '1e'")]
    public void Decimal_IsANumberOrText_AndNeverRounded(string json, string expected) => Check(ArrowType.Decimal128(4, 2), json, expected);

    [Fact]
    public void Decimal_OfAMillionDigits_CostsNoMoreThanToReadThem() =>
        Assert.Equal(
            ["1.00", "column 'v' (decimal128(4, 2))", "column 'v' (decimal128(4, 2))"],
            DecodedRows.Of(Json, Schema(("v", ArrowType.Decimal128(4, 2))), $"{{\"v\":1{new string('0', 1_000_000)}e-1000000}}", $"{{\"v\":1{new string('0', 1_000_000)}}}", $"{{\"v\":0.{new string('9', 1_000_000)}}}")
                .Select(line => line[..Math.Min(29, line.Length)]));

    [Theory]
    [InlineData("1", 38, 0, "99999999999999999999999999999999999999", "99999999999999999999999999999999999999")]
    [InlineData("2", 38, 38, "-0.99999999999999999999999999999999999999", "-0.99999999999999999999999999999999999999")]
    [InlineData("3", 38, 0, "100000000000000000000000000000000000000", "!column 'v' (decimal128(38, 0)) does not take '100000000000000000000000000000000000000'")]
    [InlineData("4", 38, 0, "99999999999999999999999999999999999999.0", "99999999999999999999999999999999999999")]
    [InlineData("5", 38, 10, "1e27", "1000000000000000000000000000.0000000000")]
    public void Decimal_ReachesTheEndsOfItsType(string what, int precision, int scale, string json, string expected)
    {
        Assert.NotEmpty(what);
        Check(ArrowType.Decimal128(precision, scale), json, expected);
    }

    [Theory]
    [InlineData("\"2262-04-11T23:47:16.854775807Z\"", "9223372036854775807")]
    [InlineData("\"1677-09-21T00:12:43.145224192Z\"", "-9223372036854775808")]
    [InlineData("\"2262-04-11T23:47:16.854775808Z\"", null)]
    [InlineData("\"2262-04-11T23:47:16.9Z\"", null)]
    [InlineData("\"1677-09-21T00:12:43.145224191Z\"", null)]
    public void TimestampOfNanoseconds_ReachesTheEndsOf64Bits_AndIsBadBeyond(string json, string? expected)
    {
        using var decoder = RowFormats.Decoder(Json, Schema(("v", ArrowType.Timestamp(TimeUnit.Nanosecond))));
        var record = System.Text.Encoding.UTF8.GetBytes($"{{\"v\":{json}}}");
        if (expected is null)
        {
            Assert.Throws<BadRecordException>(() => decoder.Add(record));
            return;
        }

        decoder.Add(record);
        using var batch = decoder.Build();
        Assert.Equal(expected, batch!.Column<TimestampArray>(0).Values[0].ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void NumberBetweenTwoTicksOfTheColumn_IsCutOffTowardsThePast_AsTextIs() =>
        Assert.Equal(
            ["1969-12-31T23:59:59", "1969-12-31T23:59:59"],
            DecodedRows.Of(new FormatConfig { Kind = FormatKind.Json, JsonTimes = JsonTimes.UnixMicros }, Schema(("v", ArrowType.Timestamp(TimeUnit.Second))), """{"v":-1}""", """{"v":"1969-12-31T23:59:59.999999Z"}"""));

    [Fact]
    public void DatesTimesAndBytes_AreText() =>
        Assert.Equal(
            ["2024-02-29|11045500000|6869"],
            DecodedRows.Of(Json, Schema(("d", ArrowType.Date32), ("t", ArrowType.Time64(TimeUnit.Microsecond)), ("b", ArrowType.Binary)), """{"d":"2024-02-29","t":"03:04:05.5","b":"aGk="}"""));

    [Fact]
    public void StructsListsAndMaps_AreObjectsAndArrays()
    {
        var point = ArrowType.Struct(new ArrowField("x", ArrowType.Int32), new ArrowField("tags", ArrowType.List(ArrowType.Utf8)));
        var schema = Schema(("p", point), ("ps", ArrowType.List(point)), ("m", ArrowType.Map(ArrowType.Utf8, ArrowType.Int64)));

        Assert.Equal(
            ["{x: 1, tags: [a, null]}|[{x: null, tags: []}, null]|{k\"1: 5, k2: null}", "null|null|null"],
            DecodedRows.Of(Json, schema, """{"p":{"x":1,"tags":["a",null],"z":0},"ps":[{"tags":[]},null],"m":{"k\"1":5,"k2":null}}""", "{}"));
    }

    [Fact]
    public void BadRecord_LeavesNothingBehind_WhereverItBreaksOff()
    {
        var point = ArrowType.Struct(new ArrowField("x", ArrowType.Int32), new ArrowField("tags", ArrowType.List(ArrowType.Int32)));
        var schema = Schema(("ps", ArrowType.List(point)), ("n", ArrowType.Int64), ("l", ArrowType.List(ArrowType.Int64)));
        const string Good = """{"ps":[{"x":1,"tags":[7]}],"n":1,"l":[1,2]}""";
        string[] bad =
        [
            """{"ps":[{"x":1,"tags":[7,8,"no"]}],"n":1,"l":[1]}""", """{"ps":[{"x":1,"tags":[7]},{"x":"no"}]}""", """{"ps":[{"x":1""", """{"n":1,"l":[3,4,"no"]}""", """{"l":[1],"n":1,"n":2}""",
            """{"n":1} x""", "[1]", "nonsense", """{"ps":[{"tags":[1],"x":9}],"l":[1""",
        ];
        foreach (var one in bad)
        {
            var seen = DecodedRows.Of(Json, schema, Good, one, Good);

            Assert.Equal(["[{x: 1, tags: [7]}]|1|[1, 2]", "[{x: 1, tags: [7]}]|1|[1, 2]"], seen.Take(2));
            Assert.Equal(3, seen.Count);
        }
    }

    [Fact]
    public void UnstructuredRecord_IsItsOwnText() =>
        Assert.Equal(
            ["{\"a\": 1}", "[2]", "it is no JSON"],
            DecodedRows.Of(new FormatConfig { Kind = FormatKind.JsonValue }, Schema(("v", ArrowType.Utf8)), " {\"a\": 1} ", "[2]", "", "{").Select(line => line[..Math.Min(13, line.Length)]));

    [Fact]
    public void UnstructuredRecord_ThatIsNoUtf8_IsBad_AndNoText() =>
        Assert.Equal(
            ["\"é\"", "it is no UTF-8"],
            DecodedRows.Of(new FormatConfig { Kind = FormatKind.JsonValue }, Schema(("v", ArrowType.Utf8)), [[(byte)'"', 0xFF, 0xFE, (byte)'"'], "\"é\""u8.ToArray()]));

    [Fact]
    public void ColumnOfARareType_IsRefused() =>
        Assert.Equal(
            "Column 'v' is of type duration[us], which text formats do not hold. Declare it TEXT and cast it in a query.",
            Assert.Throws<FlowException>(() => RowFormats.Decoder(Json, Schema(("v", ArrowType.Duration(TimeUnit.Microsecond))))).Message);

    private static void Check(ArrowType type, string json, string expected) => Assert.Equal([expected.TrimStart('!')], DecodedRows.Of(Json, Schema(("v", type)), $"{{\"v\":{json}}}"));

    private static ArrowSchema Schema(params (string Name, ArrowType Type)[] columns) => new([.. columns.Select(column => new ArrowField(column.Name, column.Type))]);
}
