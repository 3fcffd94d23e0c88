using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Planning;

namespace OrleansFlow.Tests.Streaming.Formats;

/// <summary>Goal: envelopes are read as rows that come and that are taken back, and written from such.</summary>
public class DebeziumTests
{
    private static readonly ArrowSchema Read = new(new ArrowField("id", ArrowType.Int64), new ArrowField("tags", ArrowType.List(ArrowType.Utf8)), ChangeRows.RetractField);
    private static readonly ArrowSchema Written = new(new ArrowField("c0", ArrowType.Int64), new ArrowField("c1", ArrowType.Utf8), ChangeRows.RetractField, EventTime.Field);

    [Theory]
    [InlineData("""{"before":null,"after":{"id":1,"tags":["a"]},"op":"c"}""", "1|[a]|false")]
    [InlineData("""{"after":{"id":1},"op":"r","source":{"before":7,"op":"x"}}""", "1|null|false")]
    [InlineData("""{"op":"u","after":{"id":1,"tags":[]},"before":{"id":1,"tags":["b"]}}""", "1|[b]|true;1|[]|false")]
    [InlineData("""{"before":{"id":2,"tags":null},"after":null,"op":"d"}""", "2|null|true")]
    [InlineData("""{"schema":{"op":"c"},"payload":{"before":null,"after":{"id":3},"op":"c"}}""", "3|null|false")]
    [InlineData("null", "")]
    [InlineData(" ", "")]
    [InlineData("""{"schema":null,"payload":null}""", "")]
    [InlineData("""{"op":"c","after":{"id":1},"payload":null}""", "1|null|false")]
    [InlineData("""{"before":null,"after":{"id":1},"op":"u"}""", "it is of op 'u' and has no row 'before'; let the database write the whole row that was (in PostgreSQL REPLICA IDENTITY FULL)")]
    [InlineData("""{"before":null,"after":null,"op":"c"}""", "it is of op 'c' and has no row 'after'")]
    [InlineData("""{"before":null,"after":{"id":1},"op":"t"}""", "its field 'op' is none of c, r, u and d")]
    [InlineData("""{"id":1}""", "its field 'op' is none of c, r, u and d")]
    [InlineData("""[1]""", "it is no JSON object")]
    public void Envelope_IsReadAsRows(string record, string rows) =>
        Assert.Equal(rows, string.Join(';', DecodedRows.Of(new FormatConfig { Kind = FormatKind.DebeziumJson }, Read, record)));

    [Fact]
    public void BadSecondHalf_TakesTheFirstHalfAlong_AndLeavesTheNextRecordWhole()
    {
        var schema = new ArrowSchema(new ArrowField("tags", ArrowType.List(ArrowType.Int64)), new ArrowField("id", ArrowType.Int64), ChangeRows.RetractField);

        var lines = DecodedRows.Of(
            new FormatConfig { Kind = FormatKind.DebeziumJson }, schema, """{"op":"u","before":{"id":1,"tags":[1]},"after":{"tags":[1,"x"],"id":2}}""", """{"op":"c","after":{"id":3,"tags":[4]}}""");

        Assert.Equal(["[4]|3|false", "column 'tags[]' (int64) does not take 'x'"], lines);
    }

    [Fact]
    public void RowsWithoutAMark_AreNoEnvelopes() =>
        Assert.Equal(FlowErrorCode.BadGraph, Assert.Throws<FlowException>(() => RowFormats.Decoder(new FormatConfig { Kind = FormatKind.DebeziumJson }, new ArrowSchema(Read.Fields[0]))).Code);

    [Theory]
    [InlineData("+1a", "c:1a")]
    [InlineData("-1a", "d:1a")]
    [InlineData("-1a +1b", "u:1a>1b")]
    [InlineData("+1b -1a", "u:1a>1b")]
    [InlineData("-1a +1b -1b +1c", "u:1a>1c")]
    [InlineData("+1a -1a", "")]
    [InlineData("-1a -2a +2b +1b +3a", "u:1a>1b u:2a>2b c:3a")]
    [InlineData("+1a +1b", "c:1a c:1b")]
    [InlineData("-1a -1b", "d:1a d:1b")]
    public void RowsOfAKey_AreOneEnvelope(string rows, string envelopes) => Assert.Equal(envelopes, Envelopes(rows, "id"));

    [Fact]
    public void WithoutAKey_EachRowIsAnEnvelope() => Assert.Equal("d:1a c:1b", Envelopes("-1a +1b"));

    [Fact]
    public void RowsThatOnlyCome_AreCreated()
    {
        var input = new ArrowSchema(Written.Fields[0], EventTime.Field);
        using var builder = new RecordBatchBuilder(input);
        builder.Column<Int64Builder>(0).Append(7);
        builder.Column<TimestampBuilder>(1).Append(0L);
        using var batch = builder.Build();
        using var rows = new SinkRows(new RowSinkConfig { Columns = { "id" }, Format = new FormatConfig { Kind = FormatKind.DebeziumJson, KeyColumns = { "id" } } }, input);

        Assert.Equal("{\"before\":null,\"after\":{\"id\":7},\"op\":\"c\"}\n", Encoding.UTF8.GetString(rows.Write(batch).Span));
    }

    [Fact]
    public void KeyThatIsNoColumn_IsRefused() =>
        Assert.Contains("The key (x)", Assert.Throws<FlowException>(() => RowFormats.Encoder(new FormatConfig { Kind = FormatKind.DebeziumJson, KeyColumns = { "x" } }, Read)).Message, StringComparison.Ordinal);

    /// <summary>Rows as <c>-1a</c> (taken back) and <c>+1b</c>, written as envelopes, in short.</summary>
    private static string Envelopes(string rows, params string[] keys)
    {
        using var builder = new RecordBatchBuilder(Written);
        foreach (var row in rows.Split(' '))
        {
            builder.Column<Int64Builder>(0).Append(row[1] - '0');
            builder.Column<Utf8Builder>(1).Append(row[2..]);
            builder.Column<BooleanBuilder>(2).Append(row[0] == '-');
            builder.Column<TimestampBuilder>(3).Append(0L);
        }

        using var batch = builder.Build();
        using var sink = new SinkRows(new RowSinkConfig { Columns = { "id", "t" }, Format = new FormatConfig { Kind = FormatKind.DebeziumJson, KeyColumns = { keys } } }, Written);
        return Encoding.UTF8.GetString(sink.Write(batch).Span).TrimEnd('\n').Replace('\n', ' ')
            .Replace("null", "", StringComparison.Ordinal).Replace("{\"before\":", "", StringComparison.Ordinal)
            .Replace("{\"id\":", "", StringComparison.Ordinal).Replace(",\"t\":\"", "", StringComparison.Ordinal).Replace("\"}", "", StringComparison.Ordinal)
            .Replace(",\"op\":\"", ":", StringComparison.Ordinal) is var text && text.Length > 0
            ? string.Join(' ', text.Split(' ').Select(one => (one[^1] + ":" + one[..^2]).Replace(",\"after\":", ">", StringComparison.Ordinal).Replace(":>", ":", StringComparison.Ordinal).TrimEnd('>')))
            : "";
    }
}
