using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;

namespace OrleansFlow.Tests.Arrow;

public sealed class DecodeTests
{
    private static readonly DictionaryType Words = ArrowType.Dictionary(ArrowType.Int8, ArrowType.Utf8);

    [Fact]
    public void Decode_DictionariesAtEveryDepth_GivesTheSameValuesWithoutThem()
    {
        var allocator = new CountingAllocator();
        var schema = new ArrowSchema(
            new ArrowField("flat", Words),
            new ArrowField("list", ArrowType.List(Words)),
            new ArrowField("pair", new StructType([new ArrowField("word", Words), new ArrowField("n", ArrowType.Int32)])),
            new ArrowField("none", ArrowType.Int64));
        using (var builder = new RecordBatchBuilder(schema, allocator))
        {
            builder.AppendRow("a", new[] { "x", "y" }, new object?[] { "p", 1 }, 1L);
            builder.AppendRow(null, null, null, null);
            builder.AppendRow("a", new[] { "y", null }, new object?[] { null, 2 }, 3L);
            using var whole = builder.Build();
            using var part = whole.Slice(1, 2);
            var plain = ArrowDecode.Plain(schema);
            foreach (var batch in (RecordBatch[])[whole, part])
            {
                using var decoded = ArrowDecode.Decode(batch, plain, allocator);

                Assert.Equal("flat: utf8, list: list<utf8>, pair: struct<word: utf8, n: int32>, none: int64", decoded.Schema.ToString());
                foreach (var (column, index) in decoded.Columns.Select((column, index) => (column, index)))
                {
                    column.ValidateFull();
                    Assert.Equal(Enumerable.Range(0, batch.RowCount).Select(batch.Columns[index].GetValue), Enumerable.Range(0, batch.RowCount).Select(column.GetValue));
                }
            }
        }

        Assert.Equal(0, allocator.LiveBytes);
    }

    [Fact]
    public void Decode_WithoutDictionaries_CopiesNothing()
    {
        var schema = new ArrowSchema(new ArrowField("n", ArrowType.List(ArrowType.Int32)));
        Assert.Same(schema, ArrowDecode.Plain(schema));
        using var builder = new RecordBatchBuilder(schema);
        builder.AppendRow(new[] { 1, 2 });
        using var batch = builder.Build();
        using var decoded = ArrowDecode.Decode(batch, schema);

        Assert.Same(batch.Columns[0], decoded.Columns[0]);
    }

    [Fact]
    public void Plain_OfEveryNestedType_HasTheTypesOfTheValues()
    {
        var field = new ArrowField("item", Words, isNullable: false);
        var text = new ArrowField("item", ArrowType.Utf8, isNullable: false);
        (ArrowType With, ArrowType Without)[] pairs =
        [
            (new ListType(field, true), new ListType(text, true)),
            (new ListViewType(field, false), new ListViewType(text, false)),
            (new FixedSizeListType(field, 2), new FixedSizeListType(text, 2)),
            (new MapType(new ArrowField("key", ArrowType.Int32, false), field, true), new MapType(new ArrowField("key", ArrowType.Int32, false), text, true)),
            (new UnionType(UnionMode.Dense, [field], [5]), new UnionType(UnionMode.Dense, [text], [5])),
            (new RunEndEncodedType(new ArrowField("run_ends", ArrowType.Int32, false), field), new RunEndEncodedType(new ArrowField("run_ends", ArrowType.Int32, false), text)),
            (ArrowType.Dictionary(ArrowType.Int8, new ListType(field, false)), new ListType(text, false)),
        ];

        Assert.All(pairs, pair => Assert.Equal(pair.Without, ArrowDecode.Plain(new ArrowSchema(new ArrowField("c", pair.With))).Fields[0].Type));
    }
}
