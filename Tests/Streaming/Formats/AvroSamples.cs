using Avro.Generic;
using Avro.IO;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Tests.Streaming.Formats;

/// <summary>A schema with values of each type of Avro, written and read by Apache's own library: what ours is measured by.</summary>
internal static class AvroSamples
{
    public const string Schema =
        """
        {"type": "record", "name": "Everything", "namespace": "t", "doc": "d", "fields": [
          {"name": "b", "type": "boolean"}, {"name": "i", "type": "int"}, {"name": "l", "type": "long", "doc": "x"}, {"name": "f", "type": "float"}, {"name": "d", "type": "double"},
          {"name": "by", "type": "bytes"}, {"name": "s", "type": "string"},
          {"name": "e", "type": {"type": "enum", "name": "Suit", "symbols": ["HEARTS", "SPADES", "CLUBS"]}},
          {"name": "fx", "type": {"type": "fixed", "name": "Three", "size": 3}},
          {"name": "nn", "type": ["null", "long"], "default": null}, {"name": "ns", "type": ["string", "null"]},
          {"name": "arr", "type": {"type": "array", "items": "int"}}, {"name": "arrn", "type": {"type": "array", "items": ["null", "string"]}},
          {"name": "m", "type": {"type": "map", "values": "double"}},
          {"name": "r", "type": {"type": "record", "name": "Point", "fields": [{"name": "x", "type": "int"}, {"name": "tags", "type": {"type": "array", "items": "string"}}]}},
          {"name": "rn", "type": ["null", "Point"]}, {"name": "rs", "type": {"type": "array", "items": "t.Point"}},
          {"name": "dec", "type": {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 3}},
          {"name": "decf", "type": {"type": "fixed", "name": "Nine", "size": 9, "logicalType": "decimal", "precision": 18, "scale": 2}},
          {"name": "date", "type": {"type": "int", "logicalType": "date"}},
          {"name": "tms", "type": {"type": "int", "logicalType": "time-millis"}}, {"name": "tus", "type": {"type": "long", "logicalType": "time-micros"}},
          {"name": "tsms", "type": {"type": "long", "logicalType": "timestamp-millis"}}, {"name": "tsus", "type": {"type": "long", "logicalType": "timestamp-micros"}},
          {"name": "uuid", "type": {"type": "string", "logicalType": "uuid"}}
        ]}
        """;

    private static readonly ArrowType Point = ArrowType.Struct(new ArrowField("x", ArrowType.Int32), new ArrowField("tags", ArrowType.List(ArrowType.Utf8)));

    public static ArrowSchema Columns { get; } = new(
        Field("b", ArrowType.Boolean), Field("i", ArrowType.Int32), Field("l", ArrowType.Int64), Field("f", ArrowType.Float32), Field("d", ArrowType.Float64), Field("by", ArrowType.Binary),
        Field("s", ArrowType.Utf8), Field("e", ArrowType.Utf8), Field("fx", ArrowType.Binary), Field("nn", ArrowType.Int64), Field("ns", ArrowType.Utf8), Field("arr", ArrowType.List(ArrowType.Int32)),
        Field("arrn", ArrowType.List(ArrowType.Utf8)), Field("m", ArrowType.Map(ArrowType.Utf8, ArrowType.Float64)), Field("r", Point), Field("rn", Point), Field("rs", ArrowType.List(Point)),
        Field("dec", ArrowType.Decimal128(20, 3)), Field("decf", ArrowType.Decimal128(18, 2)), Field("date", ArrowType.Date32), Field("tms", ArrowType.Time64(TimeUnit.Microsecond)),
        Field("tus", ArrowType.Time64(TimeUnit.Microsecond)), Field("tsms", ArrowType.Timestamp(TimeUnit.Microsecond)), Field("tsus", ArrowType.Timestamp(TimeUnit.Microsecond)), Field("uuid", ArrowType.Utf8));

    public static FormatConfig Format { get; } = new() { Kind = FormatKind.Avro, AvroSchema = Schema };

    /// <summary>A value, written by Apache's library.</summary>
    public static byte[] Write(string schema, object? value)
    {
        using var stream = new MemoryStream();
        new GenericDatumWriter<object?>(Avro.Schema.Parse(schema)).Write(value, new BinaryEncoder(stream));
        return stream.ToArray();
    }

    /// <summary>A value, read by Apache's library.</summary>
    public static object Read(string schema, byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        var parsed = Avro.Schema.Parse(schema);
        var value = new GenericDatumReader<object>(parsed, parsed).Read(null!, new BinaryDecoder(stream));
        Assert.Equal(bytes.Length, stream.Position);
        return value;
    }

    /// <summary>A record of the schema above, by chance.</summary>
    public static GenericRecord Random(Random random)
    {
        var schema = (Avro.RecordSchema)Avro.Schema.Parse(Schema);
        return (GenericRecord)Value(schema, random)!;
    }

    private static ArrowField Field(string name, ArrowType type) => new(name, type);

    private static object? Value(Avro.Schema schema, Random random) => schema switch
    {
        Avro.LogicalSchema logical => Logical(logical, random),
        Avro.RecordSchema record => Record(record, random),
        Avro.EnumSchema words => new GenericEnum(words, words.Symbols[random.Next(words.Count)]),
        Avro.FixedSchema one => new GenericFixed(one, Bytes(random, one.Size)),
        Avro.ArraySchema array => Enumerable.Range(0, random.Next(4)).Select(_ => Value(array.ItemSchema, random)).ToArray(),
        Avro.MapSchema map => Enumerable.Range(0, random.Next(4)).ToDictionary(number => $"k\u00e9{number}", _ => Value(map.ValueSchema, random)!),
        Avro.UnionSchema union => Value(union.Schemas[random.Next(union.Count)], random),
        _ => Primitive(schema.Tag, random),
    };

    private static GenericRecord Record(Avro.RecordSchema schema, Random random)
    {
        var record = new GenericRecord(schema);
        foreach (var field in schema.Fields)
        {
            record.Add(field.Name, Value(field.Schema, random));
        }

        return record;
    }

    private static object? Primitive(Avro.Schema.Type type, Random random) => type switch
    {
        Avro.Schema.Type.Boolean => random.Next(2) == 0,
        Avro.Schema.Type.Int => (int)(random.NextInt64(long.MinValue, long.MaxValue) >> (32 + random.Next(32))),
        Avro.Schema.Type.Long => random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64),
        Avro.Schema.Type.Float => (float)(random.NextDouble() - 0.5),
        Avro.Schema.Type.Double => random.NextDouble() * 1e100,
        Avro.Schema.Type.Bytes => Bytes(random, random.Next(5)),
        Avro.Schema.Type.String => new string('\u20ac', random.Next(3)) + random.Next(),
        _ => null,
    };

    private static object Logical(Avro.LogicalSchema schema, Random random) => schema.LogicalTypeName switch
    {
        "decimal" => new Avro.AvroDecimal(new System.Numerics.BigInteger(random.NextInt64(-1L << 55, 1L << 55) >> random.Next(55)), schema.GetProperty("scale") is "3" ? 3 : 2),
        "date" => DateTime.UnixEpoch.AddDays(random.Next(-400_000, 400_000)),
        "time-millis" => TimeSpan.FromMilliseconds(random.Next(86_400_000)),
        "time-micros" => TimeSpan.FromMicroseconds(random.NextInt64(86_400_000_000)),
        "timestamp-millis" => DateTime.UnixEpoch.AddMilliseconds(random.NextInt64(-1L << 44, 1L << 44)),
        "timestamp-micros" => DateTime.UnixEpoch.AddMicroseconds(random.NextInt64(-1L << 54, 1L << 54)),
        _ => new Guid(Bytes(random, 16)),
    };

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
