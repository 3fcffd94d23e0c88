using OrleansFlow.Arrow;

namespace OrleansFlow.Tests.Arrow;

/// <summary>Goal: what is appended is what is read, nulls included, and no memory stays behind.</summary>
public sealed class BuilderTests
{
    [Fact]
    public void Int64Builder_ValuesAndNulls_AreReadBack()
    {
        var allocator = new CountingAllocator();
        using (var builder = new Int64Builder(allocator))
        {
            builder.Append(1);
            builder.AppendNull();
            builder.AppendRange([3, 4]);
            builder.Append((long?)null);
            using var array = (Int64Array)builder.Build();
            Assert.Equal(5, array.Length);
            Assert.Equal(2, array.NullCount);
            Assert.Equal([1L, null, 3L, 4L, null], Enumerable.Range(0, 5).Select(array.GetNullable));
            Assert.Equal(4, array.Values[3]);
            Assert.Equal(0, builder.Length);
        }

        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Fact]
    public void Build_WithoutNulls_MakesNoBitmap()
    {
        using var builder = new DoubleBuilder();
        builder.AppendRange([1, 2, 3]);
        using var array = builder.Build();
        Assert.True(array.Validity.IsEmpty);
        Assert.False(array.MayHaveNulls);
    }

    [Fact]
    public void Utf8Builder_Texts_AreReadBackAsTextAndBytes()
    {
        using var builder = new Utf8Builder();
        builder.Append("grün");
        builder.Append((string?)null);
        builder.Append("");
        builder.Append("😀"u8);
        using var array = (StringArray)builder.Build();
        Assert.Equal(["grün", null, "", "😀"], Enumerable.Range(0, 4).Select(array.GetString));
        Assert.Equal("grün"u8.ToArray(), array.GetUtf8(0).ToArray());
        Assert.Equal([0, 5, 5, 5, 9], array.Offsets.ToArray());
    }

    [Fact]
    public void Builder_UsedAgainAfterBuild_StartsEmpty()
    {
        using var builder = new Utf8Builder();
        builder.AppendNull();
        builder.Build().Dispose();
        builder.Append("x");
        using var array = builder.Build();
        Assert.Equal(1, array.Length);
        Assert.Equal(0, array.NullCount);
    }

    [Fact]
    public void Accessors_OutsideTheArray_Throw()
    {
        using var builder = new BooleanBuilder();
        builder.Append(true);
        using var array = (BooleanArray)builder.Build();
        Assert.True(array.GetBoolean(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => array.GetBoolean(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => array.IsValid(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => array.Slice(1, 1));
    }

    [Theory]
    [InlineData("12.34", 2, "1234")]
    [InlineData("-0.5", 4, "-5000")]
    [InlineData("79228162514264337593543950335", 0, "79228162514264337593543950335")]
    public void Decimal128_FromAndToDecimal_KeepsTheNumber(string text, int scale, string unscaled)
    {
        var number = decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
        using var builder = new Decimal128Builder(38, scale);
        builder.Append(number);
        using var array = (Decimal128Array)builder.Build();
        Assert.Equal(Int128.Parse(unscaled, System.Globalization.CultureInfo.InvariantCulture), array.Values[0]);
        Assert.Equal(number, array.GetDecimal(0));
    }

    [Fact]
    public void Decimal128_MoreDigitsThanTheScale_IsRefused()
    {
        using var builder = new Decimal128Builder(10, 1);
        Assert.Throws<ArgumentException>(() => builder.Append(1.25m));
    }

    [Fact]
    public void Timestamps_BeforeAndAfterTheEpoch_AreRoundedDown()
    {
        using var builder = new TimestampBuilder(TimeUnit.Second, "UTC");
        builder.Append(DateTimeOffset.UnixEpoch.AddMilliseconds(-1));
        builder.Append(DateTimeOffset.UnixEpoch.AddMilliseconds(1999));
        builder.Append(long.MaxValue);
        using var array = (TimestampArray)builder.Build();
        Assert.Equal(-1, array.Values[0]);
        Assert.Equal(1, array.Values[1]);
        Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(1), array.GetTimestamp(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => array.GetTimestamp(2));
        Assert.Equal(long.MaxValue, array.GetValue(2));
    }

    [Fact]
    public void Lists_WithNullsAndEmptyOnes_AreReadBack()
    {
        using var builder = new ListBuilder(ArrowType.List(ArrowType.Int32));
        builder.Items.AppendObject(1);
        builder.Items.AppendObject(2);
        builder.CloseList();
        builder.AppendNull();
        builder.CloseList();
        builder.Items.AppendNull();
        builder.CloseList();
        using var array = (ListArray)builder.Build();
        Assert.Equal([1, 2], (object?[])array.GetValue(0)!);
        Assert.Null(array.GetValue(1));
        Assert.Empty((object?[])array.GetValue(2)!);
        Assert.Equal([null], (object?[])array.GetValue(3)!);
        using var items = array.GetItems(0);
        Assert.Equal(2, items.Length);
    }

    [Fact]
    public void StructAndFixedList_UnevenRows_AreRefused()
    {
        using var row = new StructBuilder(ArrowType.Struct(new ArrowField("a", ArrowType.Int32), new ArrowField("b", ArrowType.Int32)));
        row.Field<Int32Builder>(0).Append(1);
        Assert.Throws<InvalidOperationException>(row.CloseRow);
        using var pair = new FixedSizeListBuilder(ArrowType.FixedSizeList(ArrowType.Int32, 2));
        pair.Items.AppendObject(1);
        Assert.Throws<InvalidOperationException>(pair.CloseList);
    }

    [Fact]
    public void DictionaryBuilder_EqualTexts_ShareAnEntryAndDecode()
    {
        var allocator = new CountingAllocator();
        using (var builder = new DictionaryBuilder(ArrowType.Dictionary(ArrowType.Int8, ArrowType.Utf8), allocator))
        {
            foreach (var text in (string?[])["b", "a", null, "b"])
            {
                builder.Append(text);
            }

            using var array = (DictionaryArray)builder.Build();
            Assert.Equal(2, array.Dictionary.Length);
            Assert.Equal(array.GetIndex(0), array.GetIndex(3));
            using var decoded = (StringArray)array.Decode(allocator);
            Assert.Equal(["b", "a", null, "b"], Enumerable.Range(0, 4).Select(decoded.GetString));
        }

        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Fact]
    public void DictionaryBuilder_MoreValuesThanTheIndexCounts_IsRefused()
    {
        using var builder = new DictionaryBuilder(ArrowType.Dictionary(ArrowType.Int8, ArrowType.Utf8));
        for (var i = 0; i < 128; i++)
        {
            builder.Append("v" + i);
        }

        Assert.Contains("128", Assert.Throws<InvalidOperationException>(() => builder.Append("one more")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RecordBatchBuilder_ColumnsOfDifferentLength_IsRefusedAndKeepsTheValues()
    {
        using var builder = new RecordBatchBuilder(new ArrowSchema(new ArrowField("a", ArrowType.Int32), new ArrowField("b", ArrowType.Int32)));
        builder.Column<Int32Builder>(0).Append(1);
        Assert.Contains("'b'", Assert.Throws<InvalidOperationException>(builder.Build).Message, StringComparison.Ordinal);
        builder.Column<Int32Builder>("b").Append(2);
        using var batch = builder.Build();
        Assert.Equal(2, batch.Column<Int32Array>("b").Values[0]);
    }

    [Fact]
    public void AppendObject_ValueOfAnotherKind_NamesItAndTheType()
    {
        using var builder = new Int8Builder();
        Assert.Contains("int8", Assert.Throws<ArgumentException>(() => builder.AppendObject(1000)).Message, StringComparison.Ordinal);
        Assert.Contains("'x'", Assert.Throws<ArgumentException>(() => builder.AppendObject("x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dispose_WithUnbuiltRows_LeavesNoMemory()
    {
        var allocator = new CountingAllocator();
        using (var builder = new RecordBatchBuilder(SampleData.FullSchema, allocator))
        {
            var random = new Random(3);
            for (var row = 0; row < 10; row++)
            {
                builder.AppendRow([.. SampleData.FullSchema.Fields.Select(field => SampleData.Value(field.Type, random))]);
            }

            Assert.NotEqual(0, allocator.LiveBuffers);
        }

        Assert.Equal(0, allocator.LiveBuffers);
    }
}
