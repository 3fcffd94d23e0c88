using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Tests.Streaming.Formats.Samples;

namespace OrleansFlow.Tests.Streaming.Formats;

/// <summary>Goal: what Google's library writes is read, and what is written it reads. Method: bytes go both ways, by fixed values and by chance.</summary>
public class ProtobufTests
{
    [Fact]
    public void ValuesOfEachKind_AreReadAsTheyWereWritten()
    {
        var full = new Everything
        {
            D = -0.1, F = 1.5f, I32 = int.MinValue, I64 = long.MinValue, U32 = uint.MaxValue, U64 = ulong.MaxValue, S32 = -1, S64 = long.MinValue, F32 = uint.MaxValue, F64 = 1, Sf32 = -2, Sf64 = -3, B = true,
            S = "é\n", By = ByteString.CopyFrom(0, 255), Suit = Suit.Spades, P = new Point { X = 1, Tags = { "a", "" }, Y = 0 }, Oi = 0, Os = "", Ri = { 1, -2 }, Rs = { "x", "" }, Rp = { new Point(), new Point { X = 2 } },
            M = { ["k"] = -5, [""] = 0 }, Mp = { [0] = new Point { X = 3 } }, Cs = "c", At = new Timestamp { Seconds = -1, Nanos = 999_999_999 }, W = 0, Unpacked = { -1, 1 }, Suits = { Suit.Hearts, (Suit)42 }, Rd = { 0.5 },
            Times = { new Timestamp { Seconds = 1 } }, Ws = "",
        };

        Assert.Equal(
            [
                "-0.1|1.5|-2147483648|-9223372036854775808|4294967295|18446744073709551615|-1|-9223372036854775808|4294967295|1|-2|-3|true|é\n|00FF|SUIT_SPADES|{tags: [a, ], x: 1, y: 0}|0||[1, -2]|[x, ]|[{tags: [], x: 0, y: null}, {tags: [], x: 2, y: null}]|{k: -5, : 0}|{0: {tags: [], x: 3, y: null}}|null|c|null|1969-12-31T23:59:59.999999|0|[-1, 1]|[SUIT_HEARTS, 42]|[0.5]|[1970-01-01T00:00:01]|",
                "0|0|0|0|0|0|0|0|0|0|0|0|false|||SUIT_UNSPECIFIED|null|null|null|[]|[]|[]|{}|{}|null|null|null|null|null|[]|[]|[]|[]|null",
            ],
            DecodedRows.Of(ProtobufSamples.Format, ProtobufSamples.Columns, [full.ToByteArray(), []]));
    }

    [Fact]
    public void MessagesByChance_AreWrittenAgainAsGoogleWroteThem()
    {
        var random = new Random(4711);
        for (var round = 0; round < 500; round++)
        {
            var wanted = ProtobufSamples.Random(random);
            if (round % 2 == 0)
            {
                // Google's writer leaves keys and values of maps out that are zero, ours does not; all else is the same to the byte.
                wanted.M.Clear();
                wanted.Mp.Clear();
            }

            var again = AvroTests.Again(ProtobufSamples.Format, ProtobufSamples.Columns, wanted.ToByteArray());

            Assert.Equal(wanted, Everything.Parser.ParseFrom(again));
            Assert.True(round % 2 == 1 || wanted.ToByteArray().AsSpan().SequenceEqual(again), $"Round {round}: {Convert.ToHexString(wanted.ToByteArray())} became {Convert.ToHexString(again)}.");
        }
    }

    [Fact]
    public void MessageInParts_IsReadAsGoogleReadsIt()
    {
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            byte[] parts = [.. ProtobufSamples.Random(random).ToByteArray(), .. ProtobufSamples.Random(random).ToByteArray()];

            // Keys that come twice are the one thing that is not the same: a column keeps both.
            var merged = Everything.Parser.ParseFrom(parts);
            var columns = new ArrowSchema([.. ProtobufSamples.Columns.Fields.Where(field => field.Name is not ("m" or "mp"))]);

            Assert.Equal(DecodedRows.Of(ProtobufSamples.Format, columns, [merged.ToByteArray()]), DecodedRows.Of(ProtobufSamples.Format, columns, [parts]));
        }
    }

    [Fact]
    public void FieldsWithoutAColumn_ArePassedOver_GroupsToo()
    {
        var legacy = new Legacy { Id = 5, Name = "n", Numbers = { 1, 2 }, Packed = { 3, 4 }, Part = new Legacy.Types.Part { A = 1, B = "b" }, Last = 9 };
        var format = ProtobufSamples.FormatOf(Legacy.Descriptor);
        var schema = new ArrowSchema(new ArrowField("last", ArrowType.Int8), new ArrowField("numbers", ArrowType.List(ArrowType.Int64)), new ArrowField("name", ArrowType.Utf8), new ArrowField("packed", ArrowType.List(ArrowType.Int32)));

        Assert.Equal(
            ["9|[1, 2]|n|[3, 4]", "null|[7]|null|[]"],
            DecodedRows.Of(format, schema, [legacy.ToByteArray(), [.. new Legacy { Id = 1, Numbers = { 7 } }.ToByteArray()]]));
    }

    [Fact]
    public void NumbersOfOldMessages_ArePackedOnlyWhereTheFieldSaysSo()
    {
        var legacy = new Legacy { Id = 5, Numbers = { 1, -2 }, Packed = { 3, 4 } };
        var schema = new ArrowSchema(new ArrowField("packed", ArrowType.List(ArrowType.Int32)), new ArrowField("id", ArrowType.Int32), new ArrowField("numbers", ArrowType.List(ArrowType.Int32)));

        Assert.Equal(legacy.ToByteArray(), AvroTests.Again(ProtobufSamples.FormatOf(Legacy.Descriptor), schema, legacy.ToByteArray()));
    }

    [Theory]
    [InlineData("A2 01 03 01 02 03 A0 01 04 A2 01 01 05", "[1, 2, 3, 4, 5]|[]")]
    [InlineData("F2 01 02 01 02 F0 01 03", "[]|[-1, 1, -2]")]
    [InlineData("A5 01 00 00 00 00 A0 01 07", "[7]|[]")]
    public void Numbers_AreReadPackedOrNot_AndFieldsOfAnotherWireTypeAreUnknown(string hex, string wanted)
    {
        var record = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        var message = Everything.Parser.ParseFrom(record);

        Assert.Equal(wanted, $"[{string.Join(", ", message.Ri)}]|[{string.Join(", ", message.Unpacked)}]");
        Assert.Equal([wanted], DecodedRows.Of(ProtobufSamples.Format, new ArrowSchema(new ArrowField("ri", ArrowType.List(ArrowType.Int32)), new ArrowField("unpacked", ArrowType.List(ArrowType.Int64))), [record]));
    }

    [Fact]
    public void MessageThatHoldsItself_IsReadAsDeepAsTheColumnIs()
    {
        var node = new Node { V = 1, Next = new Node { V = 2, Next = new Node { V = 3 } } };
        var schema = new ArrowSchema(new ArrowField("v", ArrowType.Int32), new ArrowField("next", ArrowType.Struct(new ArrowField("v", ArrowType.Int32))));

        Assert.Equal(["1|{v: 2}"], DecodedRows.Of(ProtobufSamples.FormatOf(Node.Descriptor), schema, [node.ToByteArray()]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void DamagedRecords_AreBadRecords_AndGoodOnesAmongThemComeOut(int seed)
    {
        var random = new Random(seed);
        List<byte[]> good = [.. Enumerable.Range(0, 3).Select(_ => ProtobufSamples.Random(random).ToByteArray())];

        DecodedRows.CheckHostile(ProtobufSamples.Format, ProtobufSamples.Columns, good, seed, DecodedRows.Of(ProtobufSamples.Format, ProtobufSamples.Columns, good));
    }

    [Theory]
    [InlineData("08", "it ends too early")]
    [InlineData("FFFFFFFFFFFFFFFFFFFF01", "a number is longer than 64 bits")]
    [InlineData("0000", "0 is no tag of a field")]
    [InlineData("0F", "15 is no tag of a field")]
    [InlineData("120568", "a length of 5 goes beyond its end")]
    [InlineData("14", "a group ends that has not begun")]
    [InlineData("2B", "it ends inside of a group")]
    [InlineData("2B34", "a group ends that has not begun")]
    [InlineData("1201FF", "in column 'name' a text is no UTF-8")]
    [InlineData("309003", "in column 'last' int8 does not take 400")]
    public void WrongRecord_IsBad(string hex, string problem)
    {
        var schema = new ArrowSchema(new ArrowField("last", ArrowType.Int8), new ArrowField("name", ArrowType.Utf8));

        Assert.Equal([problem], DecodedRows.Of(ProtobufSamples.FormatOf(Legacy.Descriptor), schema, [Convert.FromHexString(hex)]));
    }

    [Fact]
    public void GroupsWithoutEnd_AreBad() =>
        Assert.Equal(["it has more than 64 groups inside of each other"], DecodedRows.Of(ProtobufSamples.FormatOf(Legacy.Descriptor), new ArrowSchema(new ArrowField("last", ArrowType.Int8)), [[.. Enumerable.Repeat((byte)0x2B, 100_000)]]));

    [Theory]
    [InlineData("t.Nothing", "have no message 't.Nothing'; they have: t.Point, t.Everything, t.Node, t.Node.Inner")]
    [InlineData("", "have no message ''; they have: t.Point,")]
    public void MissingMessage_IsToldWithThoseThatThereAre(string message, string problem)
    {
        var format = ProtobufSamples.Format.Clone();
        format.ProtobufMessage = message;

        CheckRefused(FlowErrorCode.BadOption, problem, format, new ArrowSchema(new ArrowField("v", ArrowType.Int32)));
    }

    [Fact]
    public void WrongDescriptors_AreRefused()
    {
        var schema = new ArrowSchema(new ArrowField("v", ArrowType.Int32));
        var lacking = new FileDescriptorSet { File = { new FileDescriptorProto { Name = "a.proto", Dependency = { "b.proto" } } } };
        var round = new FileDescriptorSet { File = { new FileDescriptorProto { Name = "a.proto", Dependency = { "a.proto" } } } };
        var format = ProtobufSamples.Format.Clone();

        format.ProtobufDescriptors = ByteString.CopyFrom(1, 2, 3);
        CheckRefused(FlowErrorCode.BadOption, "are no FileDescriptorSet that can be used", format, schema);
        format.ProtobufDescriptors = lacking.ToByteString();
        CheckRefused(FlowErrorCode.BadOption, "lack the file 'b.proto', which others import; let protoc write them with --include_imports", format, schema);
        format.ProtobufDescriptors = round.ToByteString();
        CheckRefused(FlowErrorCode.BadOption, "have the file 'a.proto', which imports itself", format, schema);
    }

    [Fact]
    public void ColumnThatDoesNotFit_IsRefused()
    {
        CheckRefused(FlowErrorCode.BadGraph, "Column 'x' is no field of the Protobuf message t.Node; it has: v, next.", ProtobufSamples.FormatOf(Node.Descriptor), new ArrowSchema(new ArrowField("x", ArrowType.Int32)));
        CheckRefused(FlowErrorCode.BadGraph, "Column 'ri' is of type int32, and int32 ri of Protobuf is repeated: declare it a list, such as BIGINT[].", ProtobufSamples.Format, new ArrowSchema(new ArrowField("ri", ArrowType.Int32)));
        CheckRefused(FlowErrorCode.BadGraph, "Column 's' is of type int32, which does not take string s of Protobuf.", ProtobufSamples.Format, new ArrowSchema(new ArrowField("s", ArrowType.Int32)));
    }

    [Fact]
    public void ValueThatTheMessageDoesNotTake_EndsTheSink()
    {
        Check("ci", ArrowType.Int64, 1L << 40, "Column 'ci' cannot be written as Protobuf: it holds a number that is no int32.");
        Check("suit", ArrowType.Utf8, "SUIT_X", "Column 'suit' cannot be written as Protobuf: it holds a text that is no name of t.Suit.");
        Check("rs", ArrowType.List(ArrowType.Utf8), new string?[] { null }, "Column 'rs[]' cannot be written as Protobuf: it holds a null, and Protobuf has none in lists and maps.");
        using var two = AvroTests.Rows(new ArrowSchema(new ArrowField("ci", ArrowType.Int32), new ArrowField("cs", ArrowType.Utf8)), 1, "x");
        Assert.StartsWith("A row has values for two fields of the oneof 'choice'", Assert.Throws<FlowException>(() => AvroTests.Encode(ProtobufSamples.Format, two)).Message, StringComparison.Ordinal);

        static void Check(string name, ArrowType type, object value, string problem)
        {
            using var batch = AvroTests.Rows(new ArrowSchema(new ArrowField(name, type)), value);
            var failure = Assert.Throws<FlowException>(() => AvroTests.Encode(ProtobufSamples.Format, batch));
            Assert.Equal((FlowErrorCode.BadInput, problem), (failure.Code, failure.Message));
        }
    }

    private static void CheckRefused(FlowErrorCode code, string problem, FormatConfig format, ArrowSchema schema)
    {
        var failure = Assert.Throws<FlowException>(() => RowFormats.Decoder(format, schema));

        Assert.Equal(code, failure.Code);
        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
    }
}
