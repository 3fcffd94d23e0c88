using System.Text;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Tests.Sql.Tables;

/// <summary>Records of a CSV file begin where its quoting says, however its bytes come; and of what is not written plainly nothing is said.</summary>
public sealed class CsvRecordsTests
{
    private static readonly CsvDialect Plain = new((byte)',', (byte)'"', true, false, 2);

    [Theory]
    [InlineData("a,b\nc,d\n", "0,4")]
    [InlineData("a,b\nc,d", "0,4")]
    [InlineData("a,b\r\nc,d\r\n", "0,5")]
    [InlineData("\"a\nx\",b\nc,\"\"\"\n\"\n,\n", "0,8,16")]
    [InlineData("\"\",\"\"\n\"\"\"\",\"\"\n", "0,6")]
    public void Records_BeginBehindLinesThatEndOutsideOfQuotes(string text, string starts) => Assert.Equal((starts, null), Scan(text, Plain));

    [Fact]
    public void Records_BeginBehindTheHeader() => Assert.Equal(("8,12", null), Scan("\"x\ny\",z\na,b\nc,d", Plain with { HasHeader = true }));

    [Theory]
    [InlineData("a,b\nc,d\r\n", "different ways")]
    [InlineData("a,b\r\nc,d\n", "different ways")]
    [InlineData("a,b\rc,d\n", "carriage return alone")]
    [InlineData("a,b\nc,d\r", "carriage return alone")]
    [InlineData("a,b\n\nc,d\n", "empty")]
    [InlineData("a,b\r\n\r\nc,d\r\n", "empty")]
    [InlineData("a,b\n\n", "empty")]
    [InlineData("a,b\nc\n", "different numbers")]
    [InlineData("a,b\nc,d,\n", "different numbers")]
    [InlineData("a,b\nc", "different numbers")]
    [InlineData("a,b\nc,d\"\n", "inside of a value")]
    [InlineData("a,b\nc, \"d\"\n", "inside of a value")]
    [InlineData("a,b\nc,\"d\" \n", "behind the quotes")]
    [InlineData("a,b\nc,\"d\n", "not closed")]
    [InlineData("a,b\nc,d\0\n", "zero byte")]
    [InlineData("\ufeffa,b\nc,d\n", "byte order mark")]
    public void FileThatIsNotWrittenPlainly_SaysWhy(string text, string why) => Assert.Contains(why, Scan(text, Plain).Why, StringComparison.Ordinal);

    [Fact]
    public void QuotesInsideOfQuotes_ThatTheReaderWasNotToldOf_SayWhy() =>
        Assert.Contains("quotes inside of quotes", Scan("a,\"b\"\"c\"\n", Plain with { DoublesQuotes = false }).Why, StringComparison.Ordinal);

    [Fact]
    public void QuotesOfAFileWithoutQuotes_AreTexts() => Assert.Equal(("0,6", null), Scan("a\",b\"\n\"c,d\n", Plain with { Quote = null }));

    [Fact]
    public void Ranges_AreAtLeastAsLongAsIsAsked()
    {
        var text = string.Concat(Enumerable.Repeat("abc,def\n", 100));

        var (starts, why) = Scan(text, Plain, 100);

        Assert.Null(why);
        Assert.Equal(Enumerable.Range(0, 8).Select(range => (range * 104).ToString(System.Globalization.CultureInfo.InvariantCulture)), starts.Split(','));
    }

    [Fact]
    public void Bytes_InPiecesOfAnyLength_SayTheSame()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var bytes = RandomCsv.Create(random);
            var dialect = Plain with { Delimiter = (byte)",;|\t"[random.Next(4)], HasHeader = random.Next(2) == 0, ColumnCount = random.Next(1, 4) };
            var whole = Scan(bytes, dialect, 50, bytes.Length);
            Assert.Equal(whole, Scan(bytes, dialect, 50, 1));
            Assert.Equal(whole, Scan(bytes, dialect, 50, random.Next(2, 100)));
        }
    }

    private static (string Starts, string? Why) Scan(string text, CsvDialect dialect, long rangeBytes = 1) =>
        Scan(Encoding.UTF8.GetBytes(text), dialect, rangeBytes, int.MaxValue);

    private static (string Starts, string? Why) Scan(byte[] bytes, CsvDialect dialect, long rangeBytes, int pieceBytes)
    {
        var records = new CsvRecords(dialect, rangeBytes);
        for (var at = 0; at < bytes.Length && records.Why is null; at += Math.Min(pieceBytes, bytes.Length - at))
        {
            records.Take(bytes.AsSpan(at, Math.Min(pieceBytes, bytes.Length - at)), at);
        }

        records.End(bytes.Length);
        return (records.Why is null ? string.Join(',', records.Starts) : "", records.Why);
    }
}
