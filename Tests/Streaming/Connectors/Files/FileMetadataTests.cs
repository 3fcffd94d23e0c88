using System.Globalization;
using System.IO.Compression;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors.Files;
using OrleansFlow.Tests.Streaming.Connectors.Conformance;
using OrleansFlow.Tests.Streaming.Dataflow;
using OrleansFlow.Tests.Streaming.Sql;
using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Connectors.Files;

/// <summary>Goal: a row says of which file it is, and where its record begins there, also behind a restart. Method: all that each source promises, of rows that know their place.</summary>
public sealed class FileMetadataTests : FileSourceConformance
{
    protected override ArrowSchema Schema { get; } =
        new(new ArrowField("place", ArrowType.Int64), new ArrowField("number", ArrowType.Int64), new ArrowField("file", ArrowType.Utf8));

    protected override uint ParallelismAfterwards => 3;

    protected override ProgramOperator Source(string folder, FormatConfig format) => Jobs.Op("s", FilesystemSource.Kind, Schema, new FilesystemSourceConfig
    {
        Path = folder,
        Format = format,
        Metadata = { new MetadataColumn { Column = "file", Key = "name" }, new MetadataColumn { Column = "place", Key = "position" } },
    });

    /// <summary>A line is <c>{"number":N}</c>, so the place of each is known.</summary>
    protected override string KeyOf(string line)
    {
        var (place, number) = line.Split('|') is [var first, var second, "rows.json"] ? (first, int.Parse(second, CultureInfo.InvariantCulture)) : throw new FormatException(line);
        var before = 12L * number;
        for (var (from, digits) = (0, 1); from < number; (from, digits) = (from == 0 ? 10 : from * 10, digits + 1))
        {
            before += (Math.Min(number, from == 0 ? 10 : from * 10) - from) * (long)digits;
        }

        Assert.Equal(before.ToString(CultureInfo.InvariantCulture), place);
        return line;
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("f.csv")]
    [InlineData("f.csv.gz")]
    public async Task Place_IsThatOfTheRecord_BehindAHeaderABadOneAndALineEndInQuotes(string name)
    {
        var folder = Directory.CreateTempSubdirectory("file-metadata-");
        await using var engine = await EngineInstance.OpenAsync(null, Token);
        try
        {
            var path = Path.Combine(folder.FullName, name);
            const string csv = "n,t\n1,\u00e9\nx,b\n3,\"c\nd\"\n4,e\n";
            await using (Stream file = name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(File.Create(path), CompressionLevel.Fastest) : File.Create(path))
            {
                await file.WriteAsync(System.Text.Encoding.UTF8.GetBytes(csv), Token);
            }

            var rows = await StreamJobRun.LinesAsync(
                $"""
                CREATE TABLE f (place BIGINT METADATA FROM 'position', n BIGINT, at TIMESTAMP GENERATED ALWAYS AS (make_timestamp(place)), p TEXT METADATA FROM 'path', WATERMARK FOR at)
                    WITH (connector = 'single_file', path = '{path}', bad_data = 'drop');
                SELECT place, n, p = '{path}' FROM f;
                """,
                new WindowEvents(0, 0), engine, 1, Token);

            Assert.Equal(["4|1|true", "13|3|true", "21|4|true"], rows.Select(row => row.ToLowerInvariant()));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("arrow")]
    [InlineData("parquet")]
    public async Task PlaceInAFileOfBatches_IsTheNumberOfTheRow(string format)
    {
        var folder = Directory.CreateTempSubdirectory("file-metadata-");
        await using var engine = await EngineInstance.OpenAsync(null, Token);
        try
        {
            const string impulse = "CREATE TABLE i WITH (connector = 'impulse', message_count = '10000', event_time_interval_ms = '1');";
            await StreamJobRun.LinesAsync($"{impulse} CREATE TABLE o WITH (connector = 'filesystem', path = '{folder.FullName}', format = '{format}'); INSERT INTO o SELECT counter FROM i;", new WindowEvents(0, 0), engine, 1, Token);

            var rows = await StreamJobRun.LinesAsync(
                $"""
                CREATE TABLE f (counter BIGINT, place BIGINT METADATA FROM 'position', at TIMESTAMP GENERATED ALWAYS AS (make_timestamp(place)), WATERMARK FOR at)
                    WITH (connector = 'filesystem', path = '{folder.FullName}', format = '{format}');
                SELECT place FROM f WHERE place = counter;
                """,
                new WindowEvents(0, 0), engine, 1, Token);

            Assert.Equal(Enumerable.Range(0, 10_000).Select(number => number.ToString(CultureInfo.InvariantCulture)), rows);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
