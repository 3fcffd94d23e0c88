using System.Buffers.Binary;
using Avro.Generic;
using Google.Protobuf;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Tests.Streaming.Formats;
using OrleansFlow.Tests.Streaming.Formats.Samples;
using OrleansFlow.Tests.Streaming.Sql;
using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Connectors.Files;

/// <summary>Tables of files of binary records, as texts name them.</summary>
public sealed class BinaryTableTests : IAsyncLifetime
{
    private const string Order =
        """{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}, {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}}, {"name": "placed", "type": {"type": "long", "logicalType": "timestamp-millis"}}, {"name": "tags", "type": ["null", {"type": "array", "items": "string"}], "default": null}]}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("binary-table-").FullName;
    private EngineInstance? _engine;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _engine = await EngineInstance.OpenAsync(null, Token);

    public async ValueTask DisposeAsync()
    {
        await _engine!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("", 0)]
    [InlineData(", avro.header = 'confluent', avro.schema_id = '7'", 5)]
    [InlineData(", avro.header = 'single_object'", 10)]
    public async Task FileOfAvro_IsATable_AndWhatIsWrittenToOneIsReadByApache(string header, int headerBytes)
    {
        var (json, written) = (Path.Combine(_folder, "in.json"), Path.Combine(_folder, "out.bin"));
        await File.WriteAllTextAsync(
            json, """
            {"id": 1, "price": "1.50", "placed": "2026-01-02T03:04:05.678901Z", "tags": ["a", "b"]}
            {"id": -300, "price": "-0.07", "placed": "1969-12-31T23:59:59.9995Z"}
            """,
            Token);
        const string Columns = "id BIGINT, price DECIMAL(9, 2), placed TIMESTAMP NOT NULL, tags TEXT[]";

        await RunAsync(
            $"""
            CREATE TABLE i ({Columns}, WATERMARK FOR placed) WITH (connector = 'single_file', path = '{json}');
            CREATE TABLE o ({Columns}) WITH (connector = 'single_file', path = '{written}', format = 'avro', avro.schema = '{Order}'{header});
            INSERT INTO o SELECT * FROM i;
            """);

        Assert.Equal(
            ["1|1.50|1767323045678|a,b", "-300|-0.07|-1|"],
            Records(await File.ReadAllBytesAsync(written, Token)).Select(record => (GenericRecord)AvroSamples.Read(Order, record[headerBytes..])).Select(Line));
        Assert.Equal(
            ["-300|-0.07|-1000|null", "1|1.50|1767323045678000|a,b"],
            await RunAsync(
                $"""
                CREATE TABLE o ({Columns}, WATERMARK FOR placed) WITH (connector = 'single_file', path = '{written}', format = 'avro', avro.schema = '{Order}'{header});
                SELECT id, price, placed, array_to_string(tags, ',') FROM o;
                """));
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FileOfProtobuf_IsATable_AndWhatIsWrittenToOneIsReadByGoogle(bool isFile)
    {
        var (read, written, descriptors) = (Path.Combine(_folder, "in.bin"), Path.Combine(_folder, "out.bin"), Path.Combine(_folder, "t.binpb"));
        Point[] points = [new Point { X = 1, Tags = { "a", "b" }, Y = 0 }, new Point { X = -2 }];
        var bytes = ProtobufSamples.FormatOf(Point.Descriptor).ProtobufDescriptors;
        await File.WriteAllBytesAsync(descriptors, bytes.ToByteArray(), Token);
        await File.WriteAllBytesAsync(read, [.. points.SelectMany(point => (byte[])[0, 0, 0, (byte)point.CalculateSize(), .. point.ToByteArray()])], Token);
        var format = $"format = 'protobuf', protobuf.message = 't.Point', {(isFile ? $"protobuf.descriptors_file = '{descriptors}'" : $"protobuf.descriptors = '{bytes.ToBase64()}'")}";

        await RunAsync(
            $"""
            CREATE TABLE i (x INT, tags TEXT[], y DOUBLE, made TIMESTAMP NOT NULL GENERATED ALWAYS AS (make_timestamp(x)) STORED, WATERMARK FOR made) WITH (connector = 'single_file', path = '{read}', {format});
            CREATE TABLE o (y DOUBLE, x BIGINT, tags TEXT[]) WITH (connector = 'single_file', path = '{written}', {format});
            INSERT INTO o SELECT y, x, tags FROM i;
            """);

        Assert.Equal(points, Records(await File.ReadAllBytesAsync(written, Token)).Select(Point.Parser.ParseFrom));
    }

    [Theory]
    [InlineData("format = 'protobuf'", "the format protobuf needs one of the options protobuf.descriptors and protobuf.descriptors_file")]
    [InlineData("format = 'protobuf', protobuf.descriptors = '!'", "the option protobuf.descriptors is no base 64")]
    [InlineData("format = 'protobuf', protobuf.descriptors_file = '/etc/passwd'", "the option protobuf.descriptors_file is '/etc/passwd'; its name ends with one of: .binpb, .desc, .fds, .pb, .protoset")]
    [InlineData("format = 'protobuf', protobuf.descriptors_file = '/nowhere/x.binpb'", "the option protobuf.descriptors_file is '/nowhere/x.binpb', which cannot be read here")]
    [InlineData("format = 'protobuf', protobuf.descriptors = ''", "Table 't' needs the option protobuf.message, for example protobuf.message = 'shop.Order'")]
    [InlineData("format = 'protobuf', protobuf.descriptors = '', protobuf.message = 'a.B'", "have no message 'a.B'")]
    [InlineData("format = 'avro', protobuf.message = 'x'", "the option protobuf.message belongs to the format protobuf, and this is avro")]
    [InlineData("format = 'avro'", "Table 't' needs the option avro.schema, for example avro.schema = '{\"type\": \"record\"")]
    [InlineData("format = 'avro', avro.schema = 'x'", "The Avro schema (avro.schema) names the type 'x'")]
    [InlineData("format = 'avro', avro.schema = 'long', framing.method = 'newline'", "the option framing.method is 'newline', and a record of avro may hold any byte; it is length or none")]
    [InlineData("format = 'avro', avro.schema = 'long', avro.header = 'confluent'", "the option avro.schema_id and avro.header = 'confluent' belong together, and only one of them is there")]
    [InlineData("format = 'json', avro.header = 'none'", "the option avro.header belongs to the format avro, and this is json")]
    [InlineData("format = 'avro', avro.schema = 'boolean'", "Column 'ts' is of type timestamp[us], which does not take boolean of the Avro schema")]
    public async Task WrongOption_IsToldWhenTheTextIsPlanned(string options, string problem)
    {
        var failure = await Assert.ThrowsAsync<FlowException>(() => RunAsync($"CREATE TABLE t (ts TIMESTAMP NOT NULL, WATERMARK FOR ts) WITH (connector = 'single_file', path = '/x', {options}); SELECT * FROM t;"));

        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
    }

    private static List<byte[]> Records(ReadOnlySpan<byte> file)
    {
        var records = new List<byte[]>();
        while (!file.IsEmpty)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(file);
            records.Add(file.Slice(sizeof(int), length).ToArray());
            file = file[(sizeof(int) + length)..];
        }

        return records;
    }

    private static string Line(GenericRecord record) =>
        FormattableString.Invariant($"{record["id"]}|{record["price"]}|{(long)((DateTime)record["placed"] - DateTime.UnixEpoch).TotalMilliseconds}|{string.Join(",", (object[]?)record["tags"] ?? [])}");

    private Task<List<string>> RunAsync(string text) => StreamJobRun.RunAsync(text, new WindowEvents(0, 0), _engine!, parallelism: 1, Token);
}
