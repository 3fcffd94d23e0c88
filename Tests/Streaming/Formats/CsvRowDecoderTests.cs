using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;

namespace OrleansFlow.Tests.Streaming.Formats;

public class CsvRowDecoderTests
{
    private static readonly ArrowSchema Schema = new(new ArrowField("n", ArrowType.Int64), new ArrowField("t", ArrowType.Utf8));

    [Fact]
    public void Fields_AreQuotedWhereTheyHaveTo_AndEmptyOnesAreNull() =>
        Assert.Equal(
            ["1|a", "2|a \"quoted\", field\nof two lines", "null|null", "3|"],
            DecodedRows.Of(new FormatConfig { Kind = FormatKind.Csv }, Schema, "1,a", "2,\"a \"\"quoted\"\", field\nof two lines\"", ",", "3,\"\"", ""));

    [Fact]
    public void DelimiterAndNull_AreOptions() =>
        Assert.Equal(["1|", "2|null"], DecodedRows.Of(new FormatConfig { Kind = FormatKind.Csv, CsvDelimiter = ";", CsvNull = "NULL" }, Schema, "1;", "2;NULL"));

    [Theory]
    [InlineData("1", "it has 1 fields, and not 2")]
    [InlineData("1,2,3", "it has more than 2 fields")]
    [InlineData("x,2", "column 'n' (int64) does not take 'x'")]
    [InlineData("1,\"2", "a quote in it is not closed")]
    [InlineData("1,\"2\"3", "there is something behind a closing quote")]
    public void BadRecord_SaysWhatIsWrong(string record, string problem) =>
        Assert.Equal(["5|b", problem], DecodedRows.Of(new FormatConfig { Kind = FormatKind.Csv }, Schema, record, "5,b"));

    [Fact]
    public void Header_SaysWhichFieldIsWhichColumn()
    {
        using var decoder = new CsvRowDecoder(Schema, new FormatConfig { Kind = FormatKind.Csv }, null);
        decoder.ReadHeader("\uFEFFt,other,\"n\""u8);
        decoder.Add("a,b,1"u8);

        using var batch = decoder.Build();

        Assert.Equal(["1|a"], DecodedRows.Lines(batch));
        Assert.Equal("the header is (n, x), which does not have 't' once", Assert.Throws<BadRecordException>(() => decoder.ReadHeader(Encoding.UTF8.GetBytes("n,x"))).Message);
    }
}
