using System.Buffers.Binary;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Formats.Avro;

namespace OrleansFlow.Tests.Streaming.Formats;

/// <summary>Schemas, what tells them apart, and records that do not fit them.</summary>
public class AvroSchemaTests
{
    private const string Order = """{"type": "record", "name": "Order", "namespace": "shop", "fields": [{"name": "id", "type": "long"}]}""";
    private static readonly ArrowSchema Id = new(new ArrowField("id", ArrowType.Int64));

    public static TheoryData<string> Schemas() =>
    [
        AvroSamples.Schema, Order, "\"string\"", "[\"null\", \"int\"]",
        """{"type": "record", "name": "a.B", "aliases": ["C"], "fields": [{"name": "next", "type": ["null", "B"], "default": null, "order": "ignore"}, {"name": "f", "type": {"type": "fixed", "size": 4, "name": "c.F"}}, {"name": "g", "type": "c.F"}]}""",
        """{"type": "map", "values": {"type": "array", "items": {"type": "enum", "symbols": ["X"], "name": "E", "default": "X"}}}""",
    ];

    [Theory]
    [MemberData(nameof(Schemas))]
    public void CanonicalFormAndFingerprint_AreThoseOfApache(string schema)
    {
        // Apache's library writes only the name of a fixed type with a logical one; the form has no logical types, so none is given to it.
        var wanted = Avro.Schema.Parse(schema.Replace(", \"logicalType\": \"decimal\", \"precision\": 18, \"scale\": 2", "", StringComparison.Ordinal));

        Assert.Equal(Avro.SchemaNormalization.ToParsingForm(wanted), AvroFingerprint.Canonical(AvroSchema.Parse(schema)));
        Assert.Equal((ulong)Avro.SchemaNormalization.ParsingFingerprint64(wanted), AvroFingerprint.Of(AvroSchema.Parse(schema)));
    }

    [Theory]
    [InlineData("", "is no JSON")]
    [InlineData("{", "is no JSON")]
    [InlineData("{}", "has an object without a 'type' where a type belongs")]
    [InlineData("integer", "names the type 'integer', which is none of Avro's and not declared before")]
    [InlineData("[]", "has a union without branches")]
    [InlineData("[\"int\", \"int\"]", "has a union with two branches 'int'")]
    [InlineData("[\"int\", [\"null\"]]", "has a union directly inside of a union")]
    [InlineData("""{"type": "record", "name": "R"}""", "has record R without 'fields'")]
    [InlineData("""{"type": "record", "name": "R", "fields": 1}""", "has the record R, whose 'fields' are no array")]
    [InlineData("""{"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}, {"name": "a", "type": "int"}]}""", "has the field 'a' twice in record R")]
    [InlineData("""{"type": "record", "fields": []}""", "has a record, enum or fixed type without 'name'")]
    [InlineData("""{"type": "fixed", "name": "F", "size": -1}""", "has the fixed type F of size -1; it is a whole number of 0 to 1048576")]
    [InlineData("""{"type": "enum", "name": "E", "symbols": ["A", "A"]}""", "has a symbol twice in enum E")]
    [InlineData("""{"type": "array", "items": 1}""", "has 1 where a type belongs")]
    public void WrongSchema_IsRefused(string schema, string problem)
    {
        var failure = Assert.Throws<FlowException>(() => AvroSchema.Parse(schema));

        Assert.Equal(FlowErrorCode.BadOption, failure.Code);
        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ConfluentHeader_HoldsTheNumberOfTheSchema_AndAnotherOneIsBad()
    {
        var format = new FormatConfig { Kind = FormatKind.Avro, AvroSchema = Order, AvroHeader = AvroHeader.Confluent, AvroSchemaId = 0x01020304 };
        using var batch = AvroTests.Rows(Id, 5L);

        var record = AvroTests.Encode(format, batch);

        Assert.Equal([0, 1, 2, 3, 4, 10], record);
        Assert.Equal(
            ["5", "it was written by the schema 16909061, and avro.schema is 16909060", "it does not begin with a zero byte and the number of its schema, as avro.header asks for", "it does not begin with a zero byte and the number of its schema, as avro.header asks for"],
            DecodedRows.Of(format, Id, [record, [0, 1, 2, 3, 5, 10], [1, 1, 2, 3, 4, 10], [0, 1]]));
    }

    [Fact]
    public void SingleObjectHeader_HoldsTheFingerprintOfTheSchema_AndAnotherOneIsBad()
    {
        var format = new FormatConfig { Kind = FormatKind.Avro, AvroSchema = Order, AvroHeader = AvroHeader.SingleObject };
        var wanted = new byte[11];
        (wanted[0], wanted[1], wanted[10]) = (0xC3, 1, 10);
        BinaryPrimitives.WriteInt64LittleEndian(wanted.AsSpan(2), Avro.SchemaNormalization.ParsingFingerprint64(Avro.Schema.Parse(Order)));
        using var batch = AvroTests.Rows(Id, 5L);

        Assert.Equal(wanted, AvroTests.Encode(format, batch));
        byte[] other = [.. wanted];
        other[5] ^= 1;
        var rows = DecodedRows.Of(format, Id, [wanted, other, [0xC3, 1]]);
        Assert.Equal("5", rows[0]);
        Assert.StartsWith("it was written by the schema ", rows[1], StringComparison.Ordinal);
        Assert.StartsWith("it does not begin with the bytes C3 01", rows[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void DamagedRecords_AreBadRecords_AndGoodOnesAmongThemComeOut(int seed)
    {
        var random = new Random(seed);
        List<byte[]> good = [.. Enumerable.Range(0, 3).Select(_ => AvroSamples.Write(AvroSamples.Schema, AvroSamples.Random(random)))];
        var json = new FormatConfig { Kind = FormatKind.Avro, AvroSchema = AvroSamples.Schema, AvroUnstructured = true };
        var text = new ArrowSchema(new ArrowField("v", ArrowType.Utf8));
        var some = new ArrowSchema(new ArrowField("uuid", ArrowType.Utf8));

        DecodedRows.CheckHostile(AvroSamples.Format, AvroSamples.Columns, good, seed, DecodedRows.Of(AvroSamples.Format, AvroSamples.Columns, good));
        DecodedRows.CheckHostile(AvroSamples.Format, some, good, seed, DecodedRows.Of(AvroSamples.Format, some, good));
        DecodedRows.CheckHostile(json, text, good, seed, DecodedRows.Of(json, text, good));
    }

    [Theory]
    [InlineData("""{"type": "array", "items": "null"}""", "FFFFFFFFFFFFFFFF7F")]
    [InlineData("""{"type": "array", "items": "null"}""", "FEFFFFFFFFFFFFFFFF01")]
    [InlineData("""{"type": "array", "items": {"type": "record", "name": "E", "fields": []}}""", "8080FEFFFFFFFFFFFF01")]
    [InlineData("""{"type": "record", "name": "N", "fields": [{"name": "n", "type": ["N", "null"]}]}""", "00")]
    [InlineData("bytes", "FEFFFFFF0F")]
    [InlineData("\"long\"", "FFFFFFFFFFFFFFFFFF7F")]
    [InlineData("string", "02FF")]
    public void HostileRecord_CostsLittle_AndIsBad(string schema, string record)
    {
        var format = new FormatConfig { Kind = FormatKind.Avro, AvroSchema = schema, AvroUnstructured = true };
        var bytes = record == "00" ? new byte[100_000] : Convert.FromHexString(record);
        using var decoder = RowFormats.Decoder(format, new ArrowSchema(new ArrowField("v", ArrowType.Utf8)));

        Assert.Throws<BadRecordException>(() => decoder.Add(bytes));
    }

    [Theory]
    [InlineData("id", "utf8", 12, "12")]
    [InlineData("id", "int8", 300, "!in column 'id' int8 does not take 300")]
    [InlineData("id", "double", 12, "12")]
    [InlineData("id", "boolean", 12, "!!Column 'id' is of type bool, which does not take long of the Avro schema. Declare it as docs/streaming/formats.md says, or TEXT.")]
    [InlineData("other", "int64", 12, "!!Column 'other' is no field of the Avro record shop.Order; it has: id.")]
    public void Column_TakesWhatFitsIt(string name, string type, long value, string wanted)
    {
        ArrowType column = type switch { "utf8" => ArrowType.Utf8, "int8" => ArrowType.Int8, "double" => ArrowType.Float64, "boolean" => ArrowType.Boolean, _ => ArrowType.Int64 };
        var format = new FormatConfig { Kind = FormatKind.Avro, AvroSchema = Order };
        var schema = new ArrowSchema(new ArrowField(name, column));
        var order = new Avro.Generic.GenericRecord((Avro.RecordSchema)Avro.Schema.Parse(Order));
        order.Add("id", value);
        if (wanted.StartsWith("!!", StringComparison.Ordinal))
        {
            var failure = Assert.Throws<FlowException>(() => RowFormats.Decoder(format, schema));
            Assert.Equal((FlowErrorCode.BadGraph, wanted[2..]), (failure.Code, failure.Message));
            return;
        }

        Assert.Equal([wanted.TrimStart('!')], DecodedRows.Of(format, schema, [AvroSamples.Write(Order, order)]));
    }

    [Theory]
    [InlineData("long", null, "Column 'v' cannot be written by the Avro schema: it holds a null")]
    [InlineData("int", 1L << 40, "Column 'v' cannot be written by the Avro schema: it holds a number that is no int")]
    public void ValueThatTheSchemaDoesNotTake_EndsTheSink(string type, object? value, string problem)
    {
        var format = new FormatConfig { Kind = FormatKind.Avro, AvroSchema = $$"""{"type": "record", "name": "R", "fields": [{"name": "v", "type": "{{type}}"}]}""" };
        using var batch = AvroTests.Rows(new ArrowSchema(new ArrowField("v", ArrowType.Int64)), value);

        var failure = Assert.Throws<FlowException>(() => AvroTests.Encode(format, batch));

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.StartsWith(problem, failure.Message, StringComparison.Ordinal);
    }
}
