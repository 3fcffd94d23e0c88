using System.Buffers.Binary;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;

namespace OrleansFlow.Tests.Arrow;

/// <summary>Goal: views, list views, runs and unions hold what was appended, and damage to what they refer to is named.</summary>
public sealed unsafe class ViewTypeTests
{
    [Fact]
    public void StringView_ShortLongAndNull_AreReadBack()
    {
        var allocator = new CountingAllocator();
        using (var builder = new BytesViewBuilder(ArrowType.Utf8View, allocator))
        {
            string?[] texts = ["", "123456789012", "1234567890123", null, "größer als zwölf Bytes"];
            foreach (var text in texts)
            {
                builder.Append(text);
            }

            using var array = (StringViewArray)builder.Build();
            Assert.Equal(texts, Enumerable.Range(0, 5).Select(array.GetString));
            Assert.Equal(1, array.NullCount);
            Assert.Equal(1, array.DataBufferCount);
            Assert.Equal(13 + 25, array.Data.Buffers[2].Length);
            using var slice = (StringViewArray)array.Slice(2, 3);
            Assert.Equal(texts[2..], Enumerable.Range(0, 3).Select(slice.GetString));
        }

        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Fact]
    public void BinaryView_ManyLongValues_FillSeveralDataBuffers()
    {
        using var builder = new BytesViewBuilder(ArrowType.BinaryView);
        var value = new byte[300_000];
        for (var i = 0; i < 10; i++)
        {
            value[^1] = (byte)i;
            builder.Append(value);
        }

        using var array = (BinaryViewArray)builder.Build();
        Assert.Equal(4, array.DataBufferCount);
        Assert.Equal(Enumerable.Range(0, 10), Enumerable.Range(0, 10).Select(i => (int)array.GetBytes(i)[^1]));
        Assert.Null(ArrowValidator.FindDefect(array));
    }

    [Fact]
    public void RunEndEncoded_EqualNeighbours_ShareARun()
    {
        var type = ArrowType.RunEndEncoded(ArrowType.Int16, ArrowType.Utf8);
        using var builder = ArrowArrayBuilder.Create(type);
        foreach (var value in (string?[])["a", "a", null, null, "b", "a"])
        {
            builder.AppendObject(value);
        }

        using var array = (RunEndEncodedArray)builder.Build();
        Assert.Equal([2, 4, 5, 6], ((Int16Array)array.RunEnds).Values.ToArray().Select(end => (int)end));
        Assert.Equal(["a", "a", null, null, "b", "a"], Enumerable.Range(0, 6).Select(array.GetValue));
        Assert.True(array.IsNull(3));
        using var slice = (RunEndEncodedArray)array.Slice(1, 4);
        Assert.Equal(["a", null, null, "b"], Enumerable.Range(0, 4).Select(slice.GetValue));
        using var decoded = (StringArray)slice.Decode();
        Assert.Equal(["a", null, null, "b"], Enumerable.Range(0, 4).Select(decoded.GetString));
        using var copier = ArrowArrayBuilder.Create(type);
        copier.AppendRange(slice, 0, 4);
        using var copy = (RunEndEncodedArray)copier.Build();
        Assert.Equal(3, copy.RunEnds.Length);
        Assert.Null(RecordBatchComparer.Exact.FindDifference(slice, copy));
    }

    [Fact]
    public void RunEndEncoded_MoreValuesThanItsEndsCount_IsRefused()
    {
        using var builder = ArrowArrayBuilder.Create(ArrowType.RunEndEncoded(ArrowType.Int16, ArrowType.Int32));
        for (var i = 0; i < short.MaxValue; i++)
        {
            builder.AppendObject(1);
        }

        Assert.Contains("32767", Assert.Throws<InvalidOperationException>(() => builder.AppendObject(1)).Message, StringComparison.Ordinal);
        using var array = builder.Build();
        Assert.Equal(short.MaxValue, array.Length);
    }

    [Theory]
    [InlineData(UnionMode.Dense)]
    [InlineData(UnionMode.Sparse)]
    public void UnionBuilder_ValuesOfEachType_AreReadBack(UnionMode mode)
    {
        var type = new UnionType(mode, [new("n", ArrowType.Int32), new("t", ArrowType.Utf8), new("l", ArrowType.List(ArrowType.Int8))], [3, 1, 100]);
        using var builder = new UnionBuilder(type);
        builder.Child<Int32Builder>(0).Append(5);
        builder.CloseValue(0);
        builder.AppendObject("x");
        builder.AppendNull();
        builder.AppendObject(new KeyValuePair<string, object?>("t", null));
        builder.AppendObject(new KeyValuePair<string, object?>("l", new object?[] { 1, 2 }));
        Assert.Throws<ArgumentException>(() => builder.AppendObject(new object()));
        Assert.Throws<ArgumentException>(() => builder.AppendObject(new KeyValuePair<string, object?>("none", 1)));
        using var union = (UnionArray)builder.Build();
        Assert.Equal([3, 1, 3, 1, 100], union.TypeCodes.ToArray().Select(code => (int)code));
        Assert.Equal(["5", "x", "null", "null", "[1, 2]"], Enumerable.Range(0, 5).Select(i => ArrowFormatter.FormatValue(union, i)));
        Assert.Equal([true, true, false, false, true], Enumerable.Range(0, 5).Select(union.IsValid));
        using var taken = (UnionArray)ArrowTake.Take(union, [3, 4, 0]);
        Assert.Equal([1, 100, 3], taken.TypeCodes.ToArray().Select(code => (int)code));
        Assert.Null(ArrowValidator.FindDefect(taken));
    }

    [Fact]
    public void Views_ThatPointOutside_AreNamed()
    {
        using var builder = new BytesViewBuilder(ArrowType.Utf8View);
        builder.Append("a text that does not fit a view");
        builder.Append("short");
        using var array = (StringViewArray)builder.Build();
        var view = array.Data.Buffers[1].Pointer;
        foreach (var (at, value, expected) in ((int, int, string)[])[(0, -1, "-1 bytes"), (0, 32, "that one has 31"), (8, 1, "there are 1 buffers"), (8, -1, "buffer -1"), (12, 1, "31 bytes at 1"), (12, -5, "at -5"), (4, 0, "first bytes"), (28, 1, "not zero")])
        {
            var before = *(int*)(view + at);
            *(int*)(view + at) = value;
            Assert.Contains(expected, ArrowValidator.FindDefect(array), StringComparison.Ordinal);
            *(int*)(view + at) = before;
        }

        array.Data.Buffers[2].WritableSpan[20] = 0xFF;
        Assert.Contains("not UTF-8", ArrowValidator.FindDefect(array), StringComparison.Ordinal);
        Assert.Null(ArrowValidator.FindDefect(array, checkUtf8: false));
    }

    [Fact]
    public void ListViews_ThatShareItemsAndOverlap_AreReadAndOutsideIsNamed()
    {
        using var items = new Int32Builder();
        items.AppendRange([1, 2, 3, 4]);
        ArrowBuffer Ints(params int[] values) => ArrowBuffer.CopyOf(System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>(values), ArrowAllocator.Default);
        using var lists = (ListViewArray)ArrowArray.Create(new ArrowArrayData
        {
            Type = ArrowType.ListView(ArrowType.Int32),
            Length = 3,
            Buffers = [ArrowBuffer.Empty, Ints(2, 0, 4), Ints(2, 4, 0)],
            Children = [items.Build()],
        });
        Assert.Equal(["[3, 4]", "[1, 2, 3, 4]", "[]"], Enumerable.Range(0, 3).Select(i => ArrowFormatter.FormatValue(lists, i)));
        using var inner = (Int32Array)lists.GetItems(0);
        Assert.Equal([3, 4], inner.Values.ToArray());
        Assert.Null(ArrowValidator.FindDefect(lists));
        ((int*)lists.Data.Buffers[1].Pointer)[1] = 1;
        Assert.Contains("list 1 has 4 items at 1 of 4", ArrowValidator.FindDefect(lists), StringComparison.Ordinal);
        ((int*)lists.Data.Buffers[1].Pointer)[1] = -1;
        Assert.Contains("at -1", ArrowValidator.FindDefect(lists), StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_ThatDecreaseOrEndEarly_AreNamed()
    {
        ArrowArray Ends(params int[] values)
        {
            using var builder = new Int32Builder();
            builder.AppendRange(values);
            return builder.Build();
        }

        ArrowArrayData Parts(int length, params int[] ends) => new()
        {
            Type = ArrowType.RunEndEncoded(ArrowType.Int32, ArrowType.Int32), Length = length, NullCount = 0, Children = [Ends(ends), Ends([.. ends])],
        };
        using var right = ArrowArray.Create(Parts(5, 2, 5));
        Assert.Null(ArrowValidator.FindDefect(right));
        Assert.Contains("last run ends at 5", Assert.Throws<ArgumentException>(() => ArrowArray.Create(Parts(6, 2, 5))).Message, StringComparison.Ordinal);
        using var same = ArrowArray.Create(Parts(5, 2, 2, 5));
        Assert.Contains("run 1 ends at 2", ArrowValidator.FindDefect(same), StringComparison.Ordinal);
        using var zero = ArrowArray.Create(Parts(5, 0, 5));
        Assert.Contains("run 0 ends at 0", ArrowValidator.FindDefect(zero), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MetadataV4_IsRead()
    {
        using var batch = SampleData.Create(SampleData.FlatSchema, 9, 4);
        using var copy = Recode(batch, (kind, metadata) =>
            BinaryPrimitives.WriteInt16LittleEndian(metadata.AsSpan(IpcBytes.FieldPosition(metadata, 0, 0)), 3));
        Assert.Null(RecordBatchComparer.Exact.FindDifference(batch, copy));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Read_OtherMetadataVersions_AreRefused(short version)
    {
        using var batch = SampleData.Create(SampleData.FlatSchema, 1, 4);
        var error = Assert.Throws<ArrowFormatException>(() => Recode(batch, (kind, metadata) =>
            BinaryPrimitives.WriteInt16LittleEndian(metadata.AsSpan(IpcBytes.FieldPosition(metadata, 0, 0)), version)));
        Assert.Contains($"V{version + 1}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_BigEndianSchema_IsRefusedByName()
    {
        using var batch = SampleData.Create(SampleData.FlatSchema, 1, 4);
        var error = Assert.Throws<ArrowFormatException>(() => Recode(batch, (kind, metadata) =>
        {
            if (kind == IpcMessageKind.Schema)
            {
                BinaryPrimitives.WriteInt16LittleEndian(metadata.AsSpan(IpcBytes.FieldPosition(metadata, IpcBytes.TableAt(metadata, 0, 2), 0)), 1);
            }
        }));
        Assert.Contains("big-endian", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Encodes a batch, changes the metadata of each message and decodes the result.</summary>
    private static RecordBatch Recode(RecordBatch batch, Action<IpcMessageKind, byte[]> change)
    {
        using var encoder = new IpcEncoder(batch.Schema);
        using var decoder = new IpcDecoder();
        RecordBatch? result = null;
        IpcMessage[] messages = [encoder.EncodeSchema(), .. encoder.Encode(batch)];
        try
        {
            foreach (var message in messages)
            {
                var metadata = message.Metadata.ToArray();
                change(message.Kind, metadata);
                var body = ArrowBuffer.CopyOf(message.Body.SelectMany(part => part.ToArray()).ToArray(), ArrowAllocator.Default);
                result = decoder.Decode(metadata, body);
                body.Release();
            }
        }
        finally
        {
            foreach (var message in messages)
            {
                message.Dispose();
            }
        }

        return result!;
    }
}
