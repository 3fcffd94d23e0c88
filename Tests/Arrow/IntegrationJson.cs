using System.Globalization;
using System.IO.Compression;
using System.Numerics;
using System.Text.Json;
using OrleansFlow.Arrow;

namespace OrleansFlow.Tests.Arrow;

/// <summary>
/// The JSON form of the Arrow project's integration files: the same data as a stream or file, written by another
/// implementation. Source: "Integration Testing", arrow.apache.org/docs/format/Integration.html.
/// </summary>
internal sealed class IntegrationJson : IDisposable
{
    private readonly JsonDocument _document;
    private readonly Dictionary<long, JsonElement> _dictionaries = [];

    private IntegrationJson(JsonDocument document)
    {
        _document = document;
        if (document.RootElement.TryGetProperty("dictionaries", out var dictionaries))
        {
            foreach (var dictionary in dictionaries.EnumerateArray())
            {
                _dictionaries.Add(dictionary.GetProperty("id").GetInt64(), dictionary.GetProperty("data").GetProperty("columns")[0]);
            }
        }
    }

    public int BatchCount => _document.RootElement.GetProperty("batches").GetArrayLength();

    private JsonElement SchemaJson => _document.RootElement.GetProperty("schema");

    public static IntegrationJson Open(string path)
    {
        using var file = File.OpenRead(path);
        using var unzipped = new GZipStream(file, CompressionMode.Decompress);
        return new IntegrationJson(JsonDocument.Parse(unzipped));
    }

    public void Dispose() => _document.Dispose();

    public ArrowSchema ReadSchema() => new(Fields(SchemaJson.GetProperty("fields")), Metadata(SchemaJson));

    public void AssertBatch(int index, RecordBatch actual)
    {
        var batch = _document.RootElement.GetProperty("batches")[index];
        Assert.Equal(batch.GetProperty("count").GetInt32(), actual.RowCount);
        var columns = batch.GetProperty("columns");
        var fields = SchemaJson.GetProperty("fields");
        Assert.Equal(columns.GetArrayLength(), actual.ColumnCount);
        for (var i = 0; i < actual.ColumnCount; i++)
        {
            AssertColumn(fields[i], columns[i], actual.Column(i), $"batch {index}, {fields[i].GetProperty("name")}");
        }
    }

    private static ArrowField[] Fields(JsonElement fields) => [.. fields.EnumerateArray().Select(Field)];

    private static ArrowField Field(JsonElement field)
    {
        var type = Type(field.GetProperty("type"), Fields(field.GetProperty("children")));
        if (field.TryGetProperty("dictionary", out var dictionary))
        {
            type = new DictionaryType((IntegerType)Type(dictionary.GetProperty("indexType"), []), type, dictionary.GetProperty("isOrdered").GetBoolean());
        }

        return new ArrowField(field.GetProperty("name").GetString()!, type, field.GetProperty("nullable").GetBoolean(), Metadata(field));
    }

    private static KeyValuePair<string, string>[] Metadata(JsonElement owner) => owner.TryGetProperty("metadata", out var metadata)
        ? [.. metadata.EnumerateArray().Select(pair => new KeyValuePair<string, string>(pair.GetProperty("key").GetString()!, pair.GetProperty("value").GetString()!))]
        : [];

    private static ArrowType Type(JsonElement type, ArrowField[] children)
    {
        string Text(string name) => type.GetProperty(name).GetString()!;
        int Int(string name) => type.GetProperty(name).GetInt32();
        TimeUnit Unit() => Enum.Parse<TimeUnit>(Text("unit"), true);
        return Text("name") switch
        {
            "null" => ArrowType.Null,
            "bool" => ArrowType.Boolean,
            "int" => new IntegerType(Int("bitWidth"), type.GetProperty("isSigned").GetBoolean()),
            "floatingpoint" => new FloatingPointType(Text("precision") switch { "HALF" => 16, "SINGLE" => 32, _ => 64 }),
            "utf8" => ArrowType.Utf8,
            "largeutf8" => ArrowType.LargeUtf8,
            "binary" => ArrowType.Binary,
            "largebinary" => ArrowType.LargeBinary,
            "fixedsizebinary" => ArrowType.FixedSizeBinary(Int("byteWidth")),
            "date" => Text("unit") == "DAY" ? ArrowType.Date32 : ArrowType.Date64,
            "time" => new TimeType(Unit()),
            "timestamp" => ArrowType.Timestamp(Unit(), type.TryGetProperty("timezone", out var zone) ? zone.GetString() : null),
            "duration" => ArrowType.Duration(Unit()),
            "interval" => ArrowType.Interval(Enum.Parse<IntervalUnit>(Text("unit").Replace("_", "", StringComparison.Ordinal), true)),
            "decimal" => new DecimalType(Int("precision"), Int("scale"), type.TryGetProperty("bitWidth", out var width) ? width.GetInt32() : 128),
            "utf8view" => ArrowType.Utf8View,
            "binaryview" => ArrowType.BinaryView,
            "listview" => new ListViewType(children[0], false),
            "largelistview" => new ListViewType(children[0], true),
            "runendencoded" => new RunEndEncodedType(children[0], children[1]),
            "list" => new ListType(children[0], false),
            "largelist" => new ListType(children[0], true),
            "fixedsizelist" => new FixedSizeListType(children[0], Int("listSize")),
            "struct" => new StructType(children),
            "map" => new MapType(children[0], type.GetProperty("keysSorted").GetBoolean()),
            "union" => new UnionType(
                Enum.Parse<UnionMode>(Text("mode"), true), children, [.. type.GetProperty("typeIds").EnumerateArray().Select(id => id.GetInt32())]),
            var other => throw new NotSupportedException($"JSON type {other}"),
        };
    }

    private void AssertColumn(JsonElement field, JsonElement column, ArrowArray actual, string where)
    {
        Assert.Equal(column.GetProperty("count").GetInt32(), actual.Length);
        if (actual is NullArray)
        {
            return;
        }

        if (actual is UnionArray union)
        {
            Assert.Equal(Numbers(column, "TYPE_ID"), union.TypeCodes.ToArray().Select(code => (BigInteger)code));
            if (((UnionType)union.Type).Mode == UnionMode.Dense)
            {
                Assert.Equal(Numbers(column, "OFFSET"), Enumerable.Range(0, union.Length).Select(i => (BigInteger)union.Locate(i).Slot));
            }
        }
        else if (actual is not RunEndEncodedArray)
        {
            var validity = column.GetProperty("VALIDITY").EnumerateArray().Select(bit => bit.GetInt32() == 1).ToArray();
            Assert.Equal(validity, Enumerable.Range(0, actual.Length).Select(actual.IsValid));
            Assert.Equal(validity.Count(valid => !valid), actual.NullCount);
        }

        AssertValues(field, column, actual, where);
        if (actual is DictionaryArray)
        {
            return;
        }

        for (var i = 0; i < actual.Data.Children.Length; i++)
        {
            AssertColumn(field.GetProperty("children")[i], column.GetProperty("children")[i], actual.Data.Children[i], $"{where}.{i}");
        }
    }

    private void AssertValues(JsonElement field, JsonElement column, ArrowArray actual, string where)
    {
        switch (actual)
        {
            case VariableListArray lists:
                var offsets = Numbers(column, "OFFSET").ToArray();
                for (var i = 0; i < lists.Length; i++)
                {
                    Assert.Equal(((int)offsets[i], (int)(offsets[i + 1] - offsets[i])), lists.GetRange(i));
                }

                return;
            case ListViewArray lists:
                var starts = Numbers(column, "OFFSET").ToArray();
                var sizes = Numbers(column, "SIZE").ToArray();
                for (var i = 0; i < lists.Length; i++)
                {
                    Assert.Equal(((int)starts[i], (int)sizes[i]), lists.GetRange(i));
                }

                return;
            case BytesViewArray views:
                AssertViews(column, views, where);
                return;
            case DictionaryArray dictionary:
                var id = field.GetProperty("dictionary").GetProperty("id").GetInt64();
                var stored = _dictionaries[id];
                AssertColumn(WithoutDictionary(field), stored, dictionary.Dictionary, $"{where}, dictionary {id}");
                break;
            case StructArray or UnionArray or FixedSizeListArray or RunEndEncodedArray:
                return;
        }

        var data = column.GetProperty("DATA");
        Assert.Equal(actual.Length, data.GetArrayLength());
        for (var i = 0; i < actual.Length; i++)
        {
            if (actual.IsValid(i))
            {
                Assert.True(Same(data[i], actual, i), $"{where}, row {i}: expected {data[i]}, found {ArrowFormatter.FormatValue(actual, i)}");
            }
        }
    }

    private static void AssertViews(JsonElement column, BytesViewArray actual, string where)
    {
        var views = column.GetProperty("VIEWS");
        var buffers = column.GetProperty("VARIADIC_DATA_BUFFERS").EnumerateArray().Select(buffer => Convert.FromHexString(buffer.GetString()!)).ToArray();
        Assert.Equal(actual.Length, views.GetArrayLength());
        for (var i = 0; i < actual.Length; i++)
        {
            if (actual.IsNull(i))
            {
                continue;
            }

            var view = views[i];
            var length = view.GetProperty("SIZE").GetInt32();
            string expected;
            if (view.TryGetProperty("INLINED", out var inlined))
            {
                expected = actual is StringViewArray ? Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(inlined.GetString()!)) : inlined.GetString()!;
            }
            else
            {
                expected = Convert.ToHexString(buffers[view.GetProperty("BUFFER_INDEX").GetInt32()].AsSpan(view.GetProperty("OFFSET").GetInt32(), length));
            }

            Assert.True(expected == Convert.ToHexString(actual.GetBytes(i)), $"{where}, row {i}: expected {expected}");
        }
    }

    /// <summary>The field of a dictionary's values: the same without the encoding.</summary>
    private static JsonElement WithoutDictionary(JsonElement field)
    {
        var parts = field.EnumerateObject().Where(part => part.Name != "dictionary").ToDictionary(part => part.Name, part => part.Value);
        return JsonSerializer.SerializeToElement(parts);
    }

    private static bool Same(JsonElement expected, ArrowArray actual, int i) => actual switch
    {
        BooleanArray array => array.GetBoolean(i) == (expected.ValueKind == JsonValueKind.Number ? expected.GetInt32() == 1 : expected.GetBoolean()),
        HalfArray array => (float)array.Values[i] == (float)(Half)expected.GetDouble(),
        FloatArray array => array.Values[i] == expected.GetSingle(),
        DoubleArray array => array.Values[i] == expected.GetDouble(),
        TextArray array => array.GetString(i) == expected.GetString(),
        VariableBinaryArray array => Convert.ToHexString(array.GetBytes(i)) == expected.GetString(),
        FixedSizeBinaryArray array => Convert.ToHexString(array.GetBytes(i)) == expected.GetString(),
        DayTimeIntervalArray array => array.Values[i] == new DayTimeInterval(
            expected.GetProperty("days").GetInt32(), expected.GetProperty("milliseconds").GetInt32()),
        MonthDayNanoIntervalArray array => array.Values[i] == new MonthDayNanoInterval(
            expected.GetProperty("months").GetInt32(), expected.GetProperty("days").GetInt32(), expected.GetProperty("nanoseconds").GetInt64()),
        Decimal256Array array => array.GetUnscaled(i) == Number(expected),
        Decimal128Array array => array.Values[i] == (Int128)Number(expected),
        DictionaryArray array => array.GetIndex(i) == Number(expected),
        PrimitiveArray<sbyte> array => array.Values[i] == Number(expected),
        PrimitiveArray<byte> array => array.Values[i] == Number(expected),
        PrimitiveArray<short> array => array.Values[i] == Number(expected),
        PrimitiveArray<ushort> array => array.Values[i] == Number(expected),
        PrimitiveArray<int> array => array.Values[i] == Number(expected),
        PrimitiveArray<uint> array => array.Values[i] == Number(expected),
        PrimitiveArray<long> array => array.Values[i] == Number(expected),
        PrimitiveArray<ulong> array => array.Values[i] == Number(expected),
        _ => throw new NotSupportedException(actual.GetType().Name),
    };

    private static IEnumerable<BigInteger> Numbers(JsonElement owner, string name) => owner.GetProperty(name).EnumerateArray().Select(Number);

    private static BigInteger Number(JsonElement value) => value.ValueKind == JsonValueKind.String
        ? BigInteger.Parse(value.GetString()!, CultureInfo.InvariantCulture)
        : value.GetInt64();
}
