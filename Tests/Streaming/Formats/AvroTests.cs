using System.Buffers;
using Avro.Generic;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;

namespace OrleansFlow.Tests.Streaming.Formats;

/// <summary>Goal: what Apache's library writes is read, and what is written it reads. Method: bytes go both ways, by fixed values and by chance.</summary>
public class AvroTests
{
    [Fact]
    public void ValuesOfEachType_AreReadAsTheyWereWritten()
    {
        var schema = (Avro.RecordSchema)Avro.Schema.Parse(AvroSamples.Schema);
        var point = new GenericRecord((Avro.RecordSchema)schema["r"].Schema);
        point.Add("x", -7);
        point.Add("tags", new object[] { "a", "é" });
        var record = new GenericRecord(schema);
        foreach (var (name, value) in new (string, object?)[]
        {
            ("b", true), ("i", int.MinValue), ("l", long.MaxValue), ("f", 1.5f), ("d", -0.1), ("by", new byte[] { 0, 255 }), ("s", "x\ny"), ("e", new GenericEnum((Avro.EnumSchema)schema["e"].Schema, "CLUBS")),
            ("fx", new GenericFixed((Avro.FixedSchema)schema["fx"].Schema, [1, 2, 3])), ("nn", null), ("ns", "t"), ("arr", new object[] { 1, -2 }), ("arrn", new object?[] { null, "z" }),
            ("m", new Dictionary<string, object> { ["k"] = 2.5 }), ("r", point), ("rn", null), ("rs", new object[] { point }), ("dec", new Avro.AvroDecimal(-12345.678m)), ("decf", new Avro.AvroDecimal(0.07m)),
            ("date", new DateTime(1969, 12, 31, 0, 0, 0, DateTimeKind.Utc)), ("tms", new TimeSpan(0, 23, 59, 59, 999)), ("tus", TimeSpan.FromMicroseconds(1)),
            ("tsms", new DateTime(1969, 12, 31, 23, 59, 59, 999, DateTimeKind.Utc)), ("tsus", new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc).AddMicroseconds(6)), ("uuid", Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")),
        })
        {
            record.Add(name, value);
        }

        Assert.Equal(
            ["true|-2147483648|9223372036854775807|1.5|-0.1|00FF|x\ny|CLUBS|010203|null|t|[1, -2]|[null, z]|{k: 2.5}|{x: -7, tags: [a, é]}|null|[{x: -7, tags: [a, é]}]|-12345.678|0.07|1969-12-31|86399999000|1|1969-12-31T23:59:59.999000|2026-01-02T03:04:05.000006|00112233-4455-6677-8899-aabbccddeeff"],
            DecodedRows.Of(AvroSamples.Format, AvroSamples.Columns, [AvroSamples.Write(AvroSamples.Schema, record)]));
    }

    [Fact]
    public void RecordsByChance_AreWrittenAgainToTheByteAsApacheWroteThem()
    {
        var random = new Random(4711);
        for (var round = 0; round < 500; round++)
        {
            var wanted = AvroSamples.Write(AvroSamples.Schema, AvroSamples.Random(random));

            Assert.Equal(Convert.ToHexString(wanted), Convert.ToHexString(Again(AvroSamples.Format, AvroSamples.Columns, wanted)));
        }
    }

    [Fact]
    public void FieldsWithoutAColumn_ArePassedOver_WhateverTheyAre()
    {
        var random = new Random(1);
        var records = Enumerable.Range(0, 50).Select(_ => AvroSamples.Random(random)).ToList();
        var schema = new ArrowSchema(new ArrowField("uuid", ArrowType.Utf8), new ArrowField("b", ArrowType.Boolean));

        Assert.Equal(
            records.Select(record => $"{record["uuid"]}|{((bool)record["b"] ? "true" : "false")}"),
            DecodedRows.Of(AvroSamples.Format, schema, [.. records.Select(record => AvroSamples.Write(AvroSamples.Schema, record))]));
    }

    [Fact]
    public void FieldsWithoutAColumn_AreWrittenByTheirDefaults()
    {
        const string Schema =
            """
            {"type": "record", "name": "R", "fields": [
              {"name": "a", "type": "long"}, {"name": "n", "type": ["null", "string"]}, {"name": "d", "type": "double", "default": 1.5}, {"name": "u", "type": ["int", "null"], "default": 7},
              {"name": "l", "type": {"type": "array", "items": "int"}, "default": [1, 2]}, {"name": "m", "type": {"type": "map", "values": "string"}, "default": {"k": "v"}},
              {"name": "b", "type": "bytes", "default": "\u0001\u00ff"}, {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}, "default": "B"},
              {"name": "r", "type": {"type": "record", "name": "I", "fields": [{"name": "x", "type": "int", "default": 5}, {"name": "y", "type": "boolean"}]}, "default": {"y": true}}]}
            """;
        var format = new FormatConfig { Kind = FormatKind.Avro, AvroSchema = Schema };
        var schema = new ArrowSchema(new ArrowField("a", ArrowType.Int32));
        using var batch = Rows(schema, [3]);

        var read = (GenericRecord)AvroSamples.Read(Schema, Encode(format, batch));

        Assert.Equal((3L, null, 1.5, 7, "B"), (read["a"], read["n"], read["d"], read["u"], ((GenericEnum)read["e"]).Value));
        Assert.Equal([1, 2], (object[])read["l"]);
        Assert.Equal("v", ((IDictionary<string, object>)read["m"])["k"]);
        Assert.Equal([1, 255], (byte[])read["b"]);
        Assert.Equal((5, true), (((GenericRecord)read["r"])["x"], ((GenericRecord)read["r"])["y"]));
    }

    [Fact]
    public void UnionOfSeveralTypes_IsAStructWithAFieldABranch_BothWays()
    {
        const string Schema = """{"type": "record", "name": "R", "fields": [{"name": "u", "type": ["null", "int", "string", {"type": "record", "name": "a.Order", "fields": [{"name": "id", "type": "long"}]}]}]}""";
        var parsed = (Avro.RecordSchema)Avro.Schema.Parse(Schema);
        var order = new GenericRecord((Avro.RecordSchema)((Avro.UnionSchema)parsed["u"].Schema)[3]);
        order.Add("id", 9L);
        var format = new FormatConfig { Kind = FormatKind.Avro, AvroSchema = Schema };
        var schema = new ArrowSchema(new ArrowField("u", ArrowType.Struct(new ArrowField("string", ArrowType.Utf8), new ArrowField("Order", ArrowType.Struct(new ArrowField("id", ArrowType.Int64))), new ArrowField("int", ArrowType.Int32))));
        byte[][] records = [.. new object?[] { 5, "t", order, null }.Select(Written)];

        Assert.Equal(
            ["{string: null, Order: null, int: 5}", "{string: t, Order: null, int: null}", "{string: null, Order: {id: 9}, int: null}", "null"],
            DecodedRows.Of(format, schema, records));
        Assert.Equal(records.Select(Convert.ToHexString), records.Select(record => Convert.ToHexString(Again(format, schema, record))));

        byte[] Written(object? value)
        {
            var record = new GenericRecord(parsed);
            record.Add("u", value);
            return AvroSamples.Write(Schema, record);
        }
    }

    [Theory]
    [InlineData("\"long\"", "300", "300")]
    [InlineData("int", "-1", "-1")]
    [InlineData("{\"type\": \"string\"}", "t", "t")]
    public void SchemaThatIsNoRecord_IsTheOneColumn(string schema, string value, string wanted)
    {
        var format = new FormatConfig { Kind = FormatKind.Avro, AvroSchema = schema };
        object written = schema.Contains("string", StringComparison.Ordinal) ? value : schema == "int" ? (object)-1 : 300L;
        var record = AvroSamples.Write(schema[0] == 'i' ? "\"int\"" : schema, written);

        Assert.Equal([wanted], DecodedRows.Of(format, new ArrowSchema(new ArrowField("v", ArrowType.Utf8)), [record]));
    }

    [Fact]
    public void Unstructured_IsTheRecordAsJson()
    {
        const string Schema =
            """
            {"type": "record", "name": "Node", "fields": [{"name": "v", "type": ["null", "string", "double"]}, {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
             {"name": "m", "type": {"type": "map", "values": "bytes"}}, {"name": "d", "type": {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}}, {"name": "next", "type": ["null", "Node"]}]}
            """;
        var parsed = (Avro.RecordSchema)Avro.Schema.Parse(Schema);
        var last = Node("q\"", null);
        var format = new FormatConfig { Kind = FormatKind.Avro, AvroSchema = Schema, AvroUnstructured = true };

        Assert.Equal(
            ["""{"v":1.5,"at":"1970-01-01T00:00:01.000000Z","m":{"k":"AQI="},"d":1.50,"next":{"v":"q\u0022","at":"1970-01-01T00:00:01.000000Z","m":{"k":"AQI="},"d":1.50,"next":null}}"""],
            DecodedRows.Of(format, new ArrowSchema(new ArrowField("v", ArrowType.Utf8)), [AvroSamples.Write(Schema, Node(1.5, last))]));

        GenericRecord Node(object value, GenericRecord? next)
        {
            var node = new GenericRecord(parsed);
            node.Add("v", value);
            node.Add("at", DateTime.UnixEpoch.AddSeconds(1));
            node.Add("m", new Dictionary<string, object> { ["k"] = new byte[] { 1, 2 } });
            node.Add("d", new Avro.AvroDecimal(1.50m));
            node.Add("next", next);
            return node;
        }
    }

    internal static byte[] Encode(FormatConfig format, RecordBatch batch)
    {
        using var encoder = RowFormats.Encoder(format, batch.Schema);
        var target = new ArrayBufferWriter<byte>();
        Assert.Equal(1, encoder.Begin(batch));
        encoder.Encode(batch, 0, target);
        return target.WrittenSpan.ToArray();
    }

    internal static RecordBatch Rows(ArrowSchema schema, params object?[] row)
    {
        using var builder = new RecordBatchBuilder(schema);
        builder.AppendRow(row);
        return builder.Build();
    }

    internal static byte[] Again(FormatConfig format, ArrowSchema schema, byte[] record)
    {
        using var decoder = RowFormats.Decoder(format, schema);
        decoder.Add(record);
        using var batch = decoder.Build();
        return Encode(format, batch!);
    }
}
