using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;

namespace OrleansFlow.Tests.Arrow;

/// <summary>Goal: hashes of rows are those of the documented rule, in any layout and length, and partitions follow from them.</summary>
public sealed class RowHashTests
{
    [Fact]
    public void Compute_KnownValues_HaveTheHashesOfTheDocumentedRule()
    {
        // Computed by a program of its own (Python) from the remarks of RowHash; XXH64 was checked there against published values.
        Assert.Equal(0x6cf110cd12b9cb30UL, Hash(ArrowType.Int64, 1L));
        Assert.Equal(0x6cf110cd12b9cb30UL, Hash(ArrowType.UInt8, 1));
        Assert.Equal(0xd2f10a1fdc877affUL, Hash(ArrowType.Int16, -1));
        Assert.Equal(0xa1ebeed2735cce72UL, Hash(ArrowType.Int16, null));
        Assert.Equal(0xa1ebeed2735cce72UL, Hash(ArrowType.Null, null));
        Assert.Equal(0x080e063ffd204845UL, Hash(ArrowType.Float64, 1.5));
        Assert.Equal(0x080e063ffd204845UL, Hash(ArrowType.Float16, (Half)1.5));
        Assert.Equal(0x82e6a7e891afe70aUL, Hash(ArrowType.Utf8, "größe"));
        Assert.Equal(0x82e6a7e891afe70aUL, Hash(ArrowType.Utf8View, "größe"));
        Assert.Equal(0x82e6a7e891afe70aUL, Hash(ArrowType.Dictionary(ArrowType.Int8, ArrowType.Utf8), "größe"));
        Assert.Equal(0x82e6a7e891afe70aUL, Hash(ArrowType.RunEndEncoded(ArrowType.Int16, ArrowType.LargeUtf8), "größe"));
        Assert.Equal(0x9c5a40b2d4c9805eUL, Hash(ArrowType.Binary, Encoding.ASCII.GetBytes("a text that is longer than thirty-two bytes")));
        Assert.Equal(0x8fe987ce05dbd233UL, Hash(ArrowType.List(ArrowType.Int32), new object?[] { 1, null }));
        Assert.Equal(0x8fe987ce05dbd233UL, Hash(ArrowType.ListView(ArrowType.Int8), new object?[] { 1, null }));
        using var builder = new RecordBatchBuilder(new ArrowSchema(new ArrowField("a", ArrowType.Int32), new ArrowField("b", ArrowType.Utf8)));
        using var batch = builder.AppendRow(1, "a").Build();
        var hashes = new ulong[1];
        RowHash.Compute(batch, [0, 1], hashes);
        Assert.Equal(0xda6d456edbe36250UL, hashes[0]);
    }

    [Fact]
    public void Compute_EveryType_EqualValuesHashTheSameAndSlicesLikeTheWhole()
    {
        foreach (var type in (ArrowType[])[.. KernelData.OrderedTypes, .. KernelData.OtherTypes])
        {
            using var array = KernelData.Create(type, 150, 5);
            var hashes = Hashes(array);
            var byText = new Dictionary<string, ulong>();
            for (var i = 0; i < array.Length; i++)
            {
                // -0 and 0 are one value, and so is every NaN.
                var text = ArrowFormatter.FormatValue(array, i).Replace("-0,", "0,", StringComparison.Ordinal).Replace("-0]", "0]", StringComparison.Ordinal);
                text = text == "-0" ? "0" : text;
                text = array is UnionArray union && union.IsValid(i) ? $"{union.TypeCodes[i]} {text}" : text;
                Assert.True(byText.TryAdd(text, hashes[i]) || byText[text] == hashes[i], $"{type.Name}: {text}");
            }

            Assert.Equal(byText.Count, byText.Values.Distinct().Count());
            using var slice = array.Slice(13, 71);
            Assert.Equal(hashes[13..84], Hashes(slice));
        }
    }

    [Fact]
    public void Compute_WrongColumnsOrRoom_IsRefused()
    {
        using var batch = SampleData.Create(SampleData.FlatSchema, 2, 1);
        Assert.Throws<ArgumentException>(() => RowHash.Compute(batch, [], new ulong[2]));
        Assert.Throws<ArgumentException>(() => RowHash.Compute(batch, [0], new ulong[1]));
        Assert.Throws<ArgumentException>(() => RowHash.Compute(batch, [99], new ulong[2]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    public void ByHash_AnyNumberOfPartitions_PlacesEachRowOnceAndInOrder(int partitions)
    {
        var allocator = new CountingAllocator();
        using (var batch = SampleData.Create(SampleData.FullSchema, 500, 3, allocator))
        {
            var groups = RowPartition.ByHash(batch, [0, 11], partitions);
            Assert.Equal(partitions, groups.Length);
            Assert.Equal(Enumerable.Range(0, 500), groups.SelectMany(rows => rows).Order());
            var hashes = new ulong[500];
            RowHash.Compute(batch, [0, 11], hashes);
            for (var i = 0; i < partitions; i++)
            {
                Assert.Equal(groups[i].Order(), groups[i]);
                Assert.All(groups[i], row => Assert.Equal(i, RowPartition.Of(hashes[row], partitions)));
            }

            // 500 different keys: no partition gets more than three times its share.
            Assert.InRange(groups.Max(rows => rows.Length), 500 / partitions, 3 * 500 / partitions + 5);
            var batches = RowPartition.Split(batch, groups, allocator);
            Assert.Equal(500, batches.Sum(part => part.RowCount));
            Array.ForEach(batches, part => part.Dispose());
        }

        Assert.Equal(0, allocator.LiveBuffers);
        Assert.Throws<ArgumentOutOfRangeException>(() => RowPartition.Of(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => RowPartition.Of(1, RowPartition.MaxPartitions + 1));
        Assert.Equal(RowPartition.MaxPartitions - 1, RowPartition.Of(ulong.MaxValue, RowPartition.MaxPartitions));
    }

    [Fact]
    public void ByRange_RandomKeysAndBounds_MatchesTheSlowSearch()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var type = KernelData.OrderedTypes[random.Next(1, KernelData.OrderedTypes.Length)];
            var key = new SortKey(0, random.Next(2) == 0, random.Next(2) == 0);
            using var batch = One(type, 120, random.Next());
            using var unsorted = One(type, random.Next(0, 6), random.Next());
            using var bounds = ArrowTake.Take(unsorted, ArrowSort.SortIndices(unsorted, key));
            var groups = RowPartition.ByRange(batch, bounds, key);
            Assert.Equal(bounds.RowCount + 1, groups.Length);
            for (var row = 0; row < batch.RowCount; row++)
            {
                var expected = Enumerable.Range(0, bounds.RowCount).Count(bound => Order(batch.Column(0).GetValue(row), bounds.Column(0).GetValue(bound), key) >= 0);
                Assert.Contains(row, groups[expected]);
            }
        }
    }

    [Fact]
    public void ByRange_BoundsOutOfOrder_AreRefused()
    {
        using var builder = new RecordBatchBuilder(new ArrowSchema(new ArrowField("k", ArrowType.Int32)));
        using var bounds = builder.AppendRow(2).AppendRow(1).Build();
        Assert.Contains("Bound 1", Assert.Throws<ArgumentException>(() => RowPartition.ByRange(bounds, bounds, new SortKey(0))).Message, StringComparison.Ordinal);
        RowPartition.ByRange(bounds, bounds, new SortKey(0, IsDescending: true));
    }

    private static int Order(object? a, object? b, SortKey key)
    {
        var order = KernelData.Order(a, b);
        return (a is null) != (b is null) ? (key.NullsFirst ? -order : order) : key.IsDescending ? -order : order;
    }

    private static RecordBatch One(ArrowType type, int rows, int seed) =>
        new(new ArrowSchema(new ArrowField("k", type)), [KernelData.Create(type, rows, seed)], rows);

    private static ulong Hash(ArrowType type, object? value)
    {
        using var builder = ArrowArrayBuilder.Create(type);
        builder.AppendObject(value);
        using var array = builder.Build();
        return Hashes(array)[0];
    }

    private static ulong[] Hashes(ArrowArray array)
    {
        using var batch = new RecordBatch(new ArrowSchema(new ArrowField("x", array.Type)), [array.Retain()], array.Length);
        var hashes = new ulong[array.Length];
        RowHash.Compute(batch, [0], hashes);
        return hashes;
    }
}
