using OrleansFlow.Arrow;

namespace OrleansFlow.Tests.Arrow;

/// <summary>Goal: batches share memory through slices and references, and let go of it at the end.</summary>
public sealed class RecordBatchTests
{
    [Fact]
    public void Slice_RandomRanges_HasTheSameValuesWithoutCopies()
    {
        var allocator = new CountingAllocator();
        using (var batch = SampleData.Create(SampleData.FullSchema, 100, 7, allocator))
        {
            var before = allocator.TotalBuffers;
            var random = new Random(2);
            for (var round = 0; round < 30; round++)
            {
                var offset = random.Next(101);
                var length = random.Next(101 - offset);
                using var slice = batch.Slice(offset, length);
                using var inner = slice.Slice(length / 3, length - length / 3);
                AssertSame(batch, offset, slice);
                AssertSame(batch, offset + length / 3, inner);
            }

            Assert.Equal(before, allocator.TotalBuffers);
        }

        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Fact]
    public void Slice_OutlivesItsBatch_UntilItIsDisposed()
    {
        var allocator = new CountingAllocator();
        var batch = SampleData.Create(SampleData.FlatSchema, 10, 1, allocator);
        var slice = batch.Slice(5, 5);
        var id = batch.Column<Int64Array>("id").Values[5];
        batch.Dispose();
        Assert.Equal(id, slice.Column<Int64Array>(0).Values[0]);
        Assert.Throws<ObjectDisposedException>(() => batch.Slice(0, 1));
        slice.Dispose();
        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Fact]
    public void Dispose_MoreOftenThanRetained_DoesNotReachOtherHolders()
    {
        var allocator = new CountingAllocator();
        var batch = SampleData.Create(SampleData.FlatSchema, 10, 1, allocator);
        var slice = batch.Slice(0, 10);
        batch.Retain();
        batch.Dispose();
        Assert.False(batch.IsReleased);
        batch.Dispose();
        batch.Dispose();
        Assert.True(batch.IsReleased);
        Assert.Throws<ObjectDisposedException>(() => batch.Retain());
        Assert.Throws<ObjectDisposedException>(() => batch.Column<Int64Array>(0).Values[0]);
        Assert.Equal(10, slice.Column<Int64Array>(0).Values.Length);
        slice.Dispose();
        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Fact]
    public void Constructor_ColumnsThatDoNotFit_AreRefused()
    {
        using var builder = new Int64Builder();
        builder.Append(1);
        using var array = builder.Build();
        var schema = new ArrowSchema(new ArrowField("x", ArrowType.Int64));
        Assert.Throws<ArgumentException>(() => new RecordBatch(schema, [], 0));
        Assert.Throws<ArgumentException>(() => new RecordBatch(schema, [array], 2));
        Assert.Throws<ArgumentException>(() => new RecordBatch(new ArrowSchema(new ArrowField("x", ArrowType.Int32)), [array], 1));
    }

    [Fact]
    public void Column_WrongNameOrClass_NamesWhatThereIs()
    {
        using var batch = SampleData.Create(SampleData.FlatSchema, 1, 1);
        Assert.Contains("id, flag", Assert.Throws<ArgumentException>(() => batch.Column("none")).Message, StringComparison.Ordinal);
        Assert.Contains("Int64Array", Assert.Throws<InvalidCastException>(() => batch.Column<StringArray>("id")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Concat_OfSlices_EqualsTheWhole()
    {
        var allocator = new CountingAllocator();
        using (var batch = SampleData.Create(SampleData.FullSchema, 60, 11, allocator))
        {
            using var a = batch.Slice(0, 13);
            using var b = batch.Slice(13, 0);
            using var c = batch.Slice(13, 47);
            using var joined = ArrowTake.Concat([a, b, c], allocator);
            Assert.Null(RecordBatchComparer.Exact.FindDifference(batch, joined));
        }

        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Fact]
    public void Take_RowsInAnyOrder_GivesThoseValues()
    {
        using var batch = SampleData.Create(SampleData.FullSchema, 20, 5);
        foreach (var column in batch.Columns)
        {
            using var taken = ArrowTake.Take(column, [19, -1, 0, 0]);
            Assert.Equal(ArrowFormatter.FormatValue(column, 19), ArrowFormatter.FormatValue(taken, 0));
            Assert.True(taken.IsNull(1));
            Assert.Equal(ArrowFormatter.FormatValue(column, 0), ArrowFormatter.FormatValue(taken, 3));
        }
    }

    [Fact]
    public void Create_PartsThatAreTooShort_AreRefusedWithTheReason()
    {
        var buffer = ArrowBuffer.CopyOf(new byte[16], ArrowAllocator.Default);
        ArrowArrayData Parts(int length, int offset, int nulls = 0) =>
            new() { Type = ArrowType.Int64, Length = length, Offset = offset, NullCount = nulls, Buffers = [default, buffer] };
        Assert.Contains("need 24", Assert.Throws<ArgumentException>(() => ArrowArray.Create(Parts(3, 0))).Message, StringComparison.Ordinal);
        Assert.Contains("need 24", Assert.Throws<ArgumentException>(() => ArrowArray.Create(Parts(2, 1))).Message, StringComparison.Ordinal);
        Assert.Contains("no validity", Assert.Throws<ArgumentException>(() => ArrowArray.Create(Parts(2, 0, 1))).Message, StringComparison.Ordinal);
        using var array = ArrowArray.Create(Parts(2, 0));
        Assert.Equal(2, array.Length);
    }

    [Fact]
    public void Format_Batch_IsATableWithHeader()
    {
        var schema = new ArrowSchema(new ArrowField("n", ArrowType.Int32), new ArrowField("s", ArrowType.Utf8), new ArrowField("l", ArrowType.List(ArrowType.Int32)));
        using var builder = new RecordBatchBuilder(schema);
        builder.AppendRow(5, "abc", new object?[] { 1, null }).AppendRow(null, "d", null).AppendRow(1, "", null);
        using var batch = builder.Build();
        Assert.Equal(
            "n    | s   | l\n-----+-----+----------\n   5 | abc | [1, null]\nnull | d   | null\n(1 more rows)\n",
            ArrowFormatter.Format(batch, 2));
    }

    [Fact]
    public void Comparer_FloatsWithinAndBeyondTheTolerance_AreEqualAndNot()
    {
        static RecordBatch Batch(double value)
        {
            using var builder = new RecordBatchBuilder(new ArrowSchema(new ArrowField("x", ArrowType.Float64)));
            return builder.AppendRow(value).Build();
        }

        using var a = Batch(100);
        using var near = Batch(100.05);
        using var far = Batch(100.2);
        using var nan = Batch(double.NaN);
        using var otherNan = Batch(-double.NaN);
        var comparer = new RecordBatchComparer(relativeTolerance: 0.001);
        Assert.True(comparer.Equals(a, near));
        Assert.False(comparer.Equals(a, far));
        Assert.False(RecordBatchComparer.Exact.Equals(a, near));
        Assert.True(RecordBatchComparer.Exact.Equals(nan, otherNan));
        Assert.Contains("row 0", RecordBatchComparer.Exact.FindDifference(a, nan), StringComparison.Ordinal);
    }

    [Fact]
    public void Types_EqualParts_CompareByValue()
    {
        Assert.Equal(ArrowType.List(ArrowType.Struct(new ArrowField("a", ArrowType.Int32))), ArrowType.List(ArrowType.Struct(new ArrowField("a", ArrowType.Int32))));
        Assert.NotEqual<ArrowType>(ArrowType.List(ArrowType.Int32), ArrowType.LargeList(ArrowType.Int32));
        Assert.NotEqual<ArrowType>(ArrowType.Timestamp(TimeUnit.Second), ArrowType.Timestamp(TimeUnit.Second, "UTC"));
        Assert.Equal(ArrowType.Map(ArrowType.Utf8, ArrowType.Int32), ArrowType.Map(ArrowType.Utf8, ArrowType.Int32));
        Assert.Equal("struct<a: list<utf8>>", ArrowType.Struct(new ArrowField("a", ArrowType.List(ArrowType.Utf8))).Name);
    }

    private static void AssertSame(RecordBatch whole, int offset, RecordBatch slice)
    {
        for (var column = 0; column < whole.ColumnCount; column++)
        {
            var nulls = 0;
            for (var row = 0; row < slice.RowCount; row++)
            {
                Assert.Equal(
                    ArrowFormatter.FormatValue(whole.Column(column), offset + row), ArrowFormatter.FormatValue(slice.Column(column), row));
                nulls += slice.Column(column).IsNull(row) ? 1 : 0;
            }

            // Unions and runs have no nulls of their own: theirs are in the children.
            var hasValidity = slice.Column(column) is not (UnionArray or RunEndEncodedArray);
            Assert.Equal(hasValidity ? nulls : 0, slice.Column(column).NullCount);
        }
    }
}
