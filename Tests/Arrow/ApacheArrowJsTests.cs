using System.Globalization;
using System.Text.Json;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;

namespace OrleansFlow.Tests.Arrow;

/// <summary>Goal: apache-arrow for JavaScript reads what we write and writes what we read. Method: scripts in Tests/Npm, run by node.</summary>
public sealed class ApacheArrowJsTests : IDisposable
{
    // The types whose values this test can compare; apache-arrow gives intervals and times another form, for example.
    private static readonly ArrowSchema Schema = new(
    [
        .. SampleData.FlatSchema.Fields,
        .. SampleData.FullSchema.Fields.Where(field => field.Name is "large_text" or "large_bytes" or "fixed" or "list" or "pair" or "row" or "map" or "word" or "span"
            or "half" or "t32" or "t64" or "d256" or "large_list" or "text_view" or "bytes_view" or "dense" or "sparse"),
    ]);

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"orleansflow-{Path.GetRandomFileName()}.arrow");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_path);

    [Theory(Timeout = 300_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Write_StreamAndFile_AreReadByJavaScript(bool asFile)
    {
        using var batch = SampleData.Create(Schema, 40, 12);
        using var slice = batch.Slice(3, 21);
        await File.WriteAllBytesAsync(_path, asFile ? IpcBytes.WriteFile(Schema, batch, slice) : IpcBytes.WriteStream(Schema, null, batch, slice), Stop);

        using var json = JsonDocument.Parse(await NodeTool.RunAsync("arrow-read.mjs", [_path], Stop));

        Assert.Equal(61, json.RootElement.GetProperty("rows").GetInt32());
        Assert.Equal(2, json.RootElement.GetProperty("batches").GetInt32());
        var columns = json.RootElement.GetProperty("columns");
        for (var i = 0; i < Schema.Fields.Count; i++)
        {
            var field = Schema.Fields[i];
            Assert.Equal(field.Name, columns[i].GetProperty("name").GetString());
            Assert.Equal(field.IsNullable, columns[i].GetProperty("nullable").GetBoolean());
            if (field.Type is not UnionType)
            {
                // The format gives unions no nulls of their own; JavaScript counts those of the children, used or not.
                Assert.Equal(batch.Column(i).NullCount + slice.Column(i).NullCount, columns[i].GetProperty("nulls").GetInt32());
            }

            foreach (var (key, value) in field.Metadata)
            {
                Assert.Equal(value, columns[i].GetProperty("metadata").GetProperty(key).GetString());
            }

            var values = columns[i].GetProperty("values");
            for (var row = 0; row < 61; row++)
            {
                var expected = row < 40 ? ToJson(batch.Column(i), row) : ToJson(slice.Column(i), row - 40);
                Assert.True(expected == Canonical(values[row]), $"{field}, row {row}: expected {expected}, JavaScript read {values[row]}");
            }
        }
    }

    [Theory(Timeout = 300_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Read_StreamAndFileOfJavaScript_HasItsValues(bool asFile)
    {
        await NodeTool.RunAsync("arrow-write.mjs", [asFile ? "file" : "stream", _path], Stop);
        var batches = new List<RecordBatch>();
        if (asFile)
        {
            using var reader = ArrowFileReader.Open(_path);
            for (var i = 0; i < reader.BatchCount; i++)
            {
                batches.Add(await reader.ReadBatchAsync(i, Stop));
            }
        }
        else
        {
            using var reader = new ArrowStreamReader(File.OpenRead(_path));
            await foreach (var batch in reader.ReadAllAsync(Stop))
            {
                batches.Add(batch);
            }
        }

        Assert.Equal([7, 10], batches.Select(batch => batch.RowCount));
        var id = 0;
        foreach (var batch in batches)
        {
            for (var row = 0; row < batch.RowCount; row++, id++)
            {
                string Text(string column) => ArrowFormatter.FormatValue(batch.Column(column), row);
                var isNull = id % 3 == 2;
                Assert.Equal(id, batch.Column<Int64Array>("id").Values[row]);
                Assert.Equal(isNull ? null : id / 4.0, batch.Column<DoubleArray>("number").GetNullable(row));
                Assert.Equal(isNull ? null : id % 2 == 0, batch.Column<BooleanArray>("flag").GetNullable(row));
                Assert.Equal(isNull ? null : $"größe {id}", batch.Column<StringArray>("text").GetString(row));
                Assert.Equal(isNull ? "null" : $"w{id % 2}", Text("word"));
                Assert.Equal(isNull ? null : DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000 + id), batch.Column<TimestampArray>("at").GetTimestamp(row));
                Assert.Equal(isNull ? null : DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays(19_000 + id), batch.Column<Date32Array>("day").GetDate(row));
                Assert.Equal(isNull ? "null" : $"[{string.Join(", ", Enumerable.Range(id, id % 3))}]", Text("list"));
                Assert.Equal(isNull ? "null" : $"[{id}, {-id}]", Text("pair"));
                Assert.Equal(isNull ? "null" : $"{{a: {id}, b: b{id}}}", Text("row"));
            }

            batch.Dispose();
        }

        Assert.Equal(17, id);
    }

    [Fact(Timeout = 300_000)]
    public async Task Write_FileWhoseDictionaryGrows_IsReadByJavaScript()
    {
        var schema = new ArrowSchema(new ArrowField("w", ArrowType.Dictionary(ArrowType.Int8, ArrowType.Utf8)));
        using var builder = new RecordBatchBuilder(schema);
        using var first = builder.AppendRow("a").AppendRow("b").Build();
        using var second = builder.AppendRow("a").AppendRow("b").AppendRow("c").Build();
        await File.WriteAllBytesAsync(_path, IpcBytes.WriteFile(schema, first, second), Stop);
        using var json = JsonDocument.Parse(await NodeTool.RunAsync("arrow-read.mjs", [_path], Stop));
        Assert.Equal("[a,b,a,b,c]", Canonical(json.RootElement.GetProperty("columns")[0].GetProperty("values")));
    }

    [Theory(Timeout = 300_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Copy_EveryTypeThatJavaScriptHas_ComesBackEqual(bool asFile)
    {
        // apache-arrow 21 has no list views and no runs.
        var schema = new ArrowSchema([.. SampleData.FullSchema.Fields.Where(field => !HasUnknownType(field.Type))], SampleData.FullSchema.Metadata);
        using var batch = SampleData.Create(schema, 70, 33);
        using var slice = batch.Slice(9, 40);
        await File.WriteAllBytesAsync(_path, asFile ? IpcBytes.WriteFile(schema, batch, slice) : IpcBytes.WriteStream(schema, null, batch, slice), Stop);

        await NodeTool.RunAsync("arrow-copy.mjs", [asFile ? "file" : "stream", _path, _path + ".copy"], Stop);

        var copies = IpcBytes.ReadAll(await File.ReadAllBytesAsync(_path + ".copy", Stop), asFile);
        File.Delete(_path + ".copy");
        Assert.Equal(2, copies.Length);
        Assert.Null(RecordBatchComparer.Exact.FindDifference(batch, copies[0]));
        Assert.Null(RecordBatchComparer.Exact.FindDifference(slice, copies[1]));
        Array.ForEach(copies, copy => copy.Dispose());
    }

    private static bool HasUnknownType(ArrowType type) =>
        type is ListViewType or RunEndEncodedType || type.Children.Any(child => HasUnknownType(child.Type));

    /// <summary>A value in the form of arrow-read.mjs.</summary>
    private static string ToJson(ArrowArray array, int row)
    {
        if (array.IsNull(row))
        {
            return "null";
        }

        return array switch
        {
            BooleanArray booleans => booleans.GetBoolean(row) ? "true" : "false",
            HalfArray floats => ((double)floats.Values[row]).ToString("R", CultureInfo.InvariantCulture),
            Time32Array times => times.Values[row].ToString(CultureInfo.InvariantCulture),
            Time64Array times => times.Values[row].ToString(CultureInfo.InvariantCulture),
            Decimal256Array decimals => decimals.GetUnscaled(row).ToString(CultureInfo.InvariantCulture),
            StringViewArray views => views.GetString(row)!,
            BinaryViewArray views => Convert.ToHexString(views.GetBytes(row)),
            UnionArray union => union.Locate(row) is var (child, slot) ? ToJson(union.Data.Children[child], slot) : "",
            FloatArray floats => ((double)floats.Values[row]).ToString("R", CultureInfo.InvariantCulture),
            DoubleArray doubles => doubles.Values[row].ToString("R", CultureInfo.InvariantCulture),
            TextArray text => text.GetString(row)!,
            VariableBinaryArray bytes => Convert.ToHexString(bytes.GetBytes(row)),
            FixedSizeBinaryArray bytes => Convert.ToHexString(bytes.GetBytes(row)),
            Date32Array days => (days.Values[row] * 86_400_000L).ToString(CultureInfo.InvariantCulture),
            TimestampArray { Unit: TimeUnit.Microsecond } times => (times.Values[row] / 1e3).ToString("R", CultureInfo.InvariantCulture),
            TimestampArray times => (times.Values[row] / 1e6).ToString("R", CultureInfo.InvariantCulture),
            Decimal128Array decimals => decimals.Values[row].ToString(CultureInfo.InvariantCulture),
            DictionaryArray words => ToJson(words.Dictionary, (int)words.GetIndex(row)),
            MapArray maps => Members(maps, row),
            VariableListArray lists => Items(lists.Items, lists.GetRange(row)),
            FixedSizeListArray lists => Items(lists.Items, lists.GetRange(row)),
            StructArray rows => "{" + string.Join(",", rows.Type.Children.Select((field, i) => $"{field.Name}:{ToJson(rows.Field(i), row)}")) + "}",
            _ => Convert.ToString(array.GetValue(row), CultureInfo.InvariantCulture)!,
        };
    }

    private static string Items(ArrowArray items, (int Start, int Length) range) =>
        "[" + string.Join(",", Enumerable.Range(range.Start, range.Length).Select(i => ToJson(items, i))) + "]";

    private static string Members(MapArray maps, int row)
    {
        var (start, length) = maps.GetRange(row);
        return "{" + string.Join(",", Enumerable.Range(start, length).Select(i => $"{ToJson(maps.Keys, i)}:{ToJson(maps.Values, i)}")) + "}";
    }

    private static string Canonical(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "[" + string.Join(",", value.EnumerateArray().Select(Canonical)) + "]",
        JsonValueKind.Object => "{" + string.Join(",", value.EnumerateObject().Select(part => $"{part.Name}:{Canonical(part.Value)}")) + "}",
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null => "null",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => value.TryGetInt64(out var whole) ? whole.ToString(CultureInfo.InvariantCulture) : value.GetDouble().ToString("R", CultureInfo.InvariantCulture),
    };
}
