using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;

namespace OrleansFlow.Tests.Arrow;

/// <summary>Goal: every kernel says the same as slow code over objects, for every type, with nulls everywhere and odd offsets.</summary>
public sealed class KernelTests
{
    private static readonly int[] Lengths = [0, 1, 7, 63, 64, 65, 129, 300];

    public static TheoryData<int> Ordered => [.. Enumerable.Range(0, KernelData.OrderedTypes.Length)];

    public static TheoryData<int> All => [.. Enumerable.Range(0, KernelData.OrderedTypes.Length + KernelData.OtherTypes.Length)];

    private static ArrowType TypeAt(int index) => index < KernelData.OrderedTypes.Length ? KernelData.OrderedTypes[index] : KernelData.OtherTypes[index - KernelData.OrderedTypes.Length];

    [Theory]
    [MemberData(nameof(All))]
    public void Take_AnyRows_GivesTheirValues(int type)
    {
        ForEachLength(type, (array, random, allocator) =>
        {
            var rows = Enumerable.Range(0, 100).Select(_ => array.Length == 0 ? -1 : random.Next(-1, array.Length)).ToArray();
            using var taken = ArrowTake.Take(array, rows, allocator);
            Assert.Null(ArrowValidator.FindDefect(taken));
            AssertValues(taken, rows.Select(row => row < 0 ? null : array.GetValue(row)));
            Assert.Throws<ArgumentOutOfRangeException>(() => ArrowTake.Take(array, [array.Length]));
            Assert.Throws<ArgumentOutOfRangeException>(() => ArrowTake.Take(array, [-2]));
        });
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Filter_AnyMask_KeepsTheTrueRows(int type)
    {
        ForEachLength(type, (array, random, allocator) =>
        {
            using var mask = (BooleanArray)KernelData.Create(ArrowType.Boolean, array.Length, random.Next(), allocator);
            using var kept = ArrowFilter.Filter(array, mask, allocator);
            AssertValues(kept, Enumerable.Range(0, array.Length).Where(i => mask.GetNullable(i) == true).Select(array.GetValue));
        });
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Concat_OfSlices_GivesAllValues(int type)
    {
        ForEachLength(type, (array, random, allocator) =>
        {
            using var other = KernelData.Create(array.Type, 10, random.Next(), allocator);
            using var joined = ArrowTake.Concat([array, other, array], allocator);
            var values = Values(array);
            AssertValues(joined, [.. values, .. Values(other), .. values]);
        });
    }

    [Theory]
    [MemberData(nameof(Ordered))]
    public void Compare_EveryOperator_MatchesTheSlowOrder(int type)
    {
        ForEachLength(type, (array, random, allocator) =>
        {
            using var other = KernelData.Create(array.Type, array.Length, random.Next(), allocator);
            var scalar = KernelData.Value(array.Type, random);
            using var builder = ArrowArrayBuilder.Create(array.Type, allocator);
            builder.AppendObject(scalar);
            using var one = builder.Build();
            foreach (var comparison in Enum.GetValues<CompareOperator>())
            {
                using var rows = ArrowCompare.Compare(array, comparison, other, allocator);
                using var constant = ArrowCompare.CompareTo(array, comparison, scalar, allocator);
                for (var i = 0; i < array.Length; i++)
                {
                    Assert.Equal(Matches(array.GetValue(i), comparison, other.GetValue(i)), rows.GetNullable(i));
                    Assert.Equal(Matches(array.GetValue(i), comparison, one.GetValue(0)), constant.GetNullable(i));
                }

                Assert.Equal(rows.NullCount, Enumerable.Range(0, rows.Length).Count(rows.IsNull));
            }
        });
    }

    [Theory]
    [MemberData(nameof(Ordered))]
    public void SortIndices_OneKey_IsTheStableSlowOrder(int type)
    {
        ForEachLength(type, (array, random, _) =>
        {
            foreach (var (descending, nullsFirst) in ((bool, bool)[])[(false, false), (false, true), (true, false), (true, true)])
            {
                var expected = Enumerable.Range(0, array.Length).ToList();
                var values = Values(array);
                expected.Sort((a, b) => KeyOrder(values[a], values[b], descending, nullsFirst) is not 0 and var order ? order : a.CompareTo(b));
                Assert.Equal(expected, ArrowSort.SortIndices(array, descending, nullsFirst));
            }
        });
    }

    [Fact]
    public void SortIndices_SeveralKeys_SortByEachInTurn()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            using var batch = Batch(random, random.Next(200));
            SortKey[] keys = [.. Enumerable.Range(0, random.Next(2, 4)).Select(_ => new SortKey(random.Next(batch.ColumnCount), random.Next(2) == 0, random.Next(2) == 0))];
            var columns = batch.Columns.Select(Values).ToArray();
            var expected = Enumerable.Range(0, batch.RowCount).ToList();
            expected.Sort((a, b) => keys.Select(key => KeyOrder(columns[key.Column][a], columns[key.Column][b], key.IsDescending, key.NullsFirst))
                .FirstOrDefault(order => order != 0) is not 0 and var order ? order : a.CompareTo(b));
            var rows = ArrowSort.SortIndices(batch, keys);
            Assert.Equal(expected, rows);
            using var sorted = ArrowTake.Take(batch, rows);
            Assert.Equal(rows.Select(row => ArrowFormatter.FormatValue(batch.Column(1), row)), Enumerable.Range(0, rows.Length).Select(row => ArrowFormatter.FormatValue(sorted.Column(1), row)));
        }
    }

    [Fact]
    public void Sort_TypesWithoutOrder_AreRefusedByName()
    {
        foreach (var type in KernelData.OtherTypes)
        {
            using var array = KernelData.Create(type, 3, 1);
            Assert.Contains(type.Name, Assert.Throws<NotSupportedException>(() => ArrowSort.SortIndices(array)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Ordered))]
    public void IndexOfMinAndMax_AreTheFirstExtremes(int type)
    {
        ForEachLength(type, (array, _, _) =>
        {
            var values = Values(array);
            var present = Enumerable.Range(0, values.Length).Where(i => values[i] is not null).ToArray();
            var (least, most) = (-1, -1);
            foreach (var i in present)
            {
                least = least < 0 || KernelData.Order(values[i], values[least]) < 0 ? i : least;
                most = most < 0 || KernelData.Order(values[i], values[most]) > 0 ? i : most;
            }

            Assert.Equal(least, ArrowAggregate.IndexOfMin(array));
            Assert.Equal(most, ArrowAggregate.IndexOfMax(array));
        });
    }

    [Fact]
    public void MinMaxSum_OfNumbers_MatchTheSlowOnes()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var length = Lengths[seed % Lengths.Length];
            AssertAggregates((PrimitiveArray<long>)KernelData.Create(ArrowType.Int64, length, seed));
            AssertAggregates((PrimitiveArray<int>)KernelData.Create(ArrowType.Int32, length, seed));
            AssertAggregates((PrimitiveArray<short>)KernelData.Create(ArrowType.Int16, length, seed));
            AssertAggregates((PrimitiveArray<byte>)KernelData.Create(ArrowType.UInt8, length, seed));
            AssertAggregates((PrimitiveArray<ulong>)KernelData.Create(ArrowType.UInt64, length, seed));
            AssertAggregates((PrimitiveArray<Int128>)KernelData.Create(ArrowType.Decimal128(38, 2), length, seed));
            using var doubles = (DoubleArray)KernelData.Create(ArrowType.Float64, length, seed);
            using var floats = (FloatArray)KernelData.Create(ArrowType.Float32, length, seed);
            var present = Enumerable.Range(0, length).Select(doubles.GetNullable).OfType<double>().ToArray();
            Assert.Equal(present.Length == 0 ? null : present.Aggregate((a, b) => KernelData.Order(b, a) < 0 ? b : a), ArrowAggregate.Min(doubles));
            Assert.Equal(present.Length == 0 ? null : present.Aggregate((a, b) => KernelData.Order(b, a) > 0 ? b : a), ArrowAggregate.Max(doubles));
            Assert.Equal(present.Sum(), ArrowAggregate.Sum(doubles));
            Assert.Equal(Enumerable.Range(0, length).Select(floats.GetNullable).Sum(value => (double?)value) ?? 0, ArrowAggregate.Sum(floats));
        }
    }

    private static void AssertAggregates<T>(PrimitiveArray<T> array)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>, System.Numerics.IMinMaxValue<T>
    {
        using (array)
        {
            var present = Enumerable.Range(0, array.Length).Select(array.GetNullable).OfType<T>().ToArray();
            Assert.Equal(present.Length == 0 ? null : present.Min(), ArrowAggregate.Min(array));
            Assert.Equal(present.Length == 0 ? null : present.Max(), ArrowAggregate.Max(array));
            Assert.Equal(present.Aggregate((Int128)0, (sum, value) => sum + Int128.CreateChecked(value)), ArrowAggregate.Sum(array));
        }
    }

    private static RecordBatch Batch(Random random, int rows)
    {
        ArrowType[] types = [ArrowType.Int32, ArrowType.Utf8, ArrowType.Float64, ArrowType.Dictionary(ArrowType.Int8, ArrowType.Utf8)];
        return new RecordBatch(
            new ArrowSchema([.. types.Select((type, i) => new ArrowField("c" + i, type))]), [.. types.Select(type => KernelData.Create(type, rows, random.Next()))], rows);
    }

    private static bool? Matches(object? a, CompareOperator comparison, object? b)
    {
        if (a is null || b is null)
        {
            return null;
        }

        var order = KernelData.Order(a, b);
        return comparison switch
        {
            CompareOperator.Equal => order == 0,
            CompareOperator.NotEqual => order != 0,
            CompareOperator.Less => order < 0,
            CompareOperator.LessOrEqual => order <= 0,
            CompareOperator.Greater => order > 0,
            _ => order >= 0,
        };
    }

    private static int KeyOrder(object? a, object? b, bool descending, bool nullsFirst)
    {
        var order = KernelData.Order(a, b);
        return (a is null) != (b is null) ? (nullsFirst ? -order : order) : descending ? -order : order;
    }

    private static object?[] Values(ArrowArray array) => [.. Enumerable.Range(0, array.Length).Select(array.GetValue)];

    private static void AssertValues(ArrowArray actual, IEnumerable<object?> expected) => Assert.Equal(expected, Values(actual));

    private static void ForEachLength(int type, Action<ArrowArray, Random, ArrowAllocator> check)
    {
        for (var seed = 0; seed < Lengths.Length * 3; seed++)
        {
            var allocator = new CountingAllocator();
            using (var array = KernelData.Create(TypeAt(type), Lengths[seed % Lengths.Length], seed, allocator))
            {
                check(array, new Random(seed + 1000), allocator);
            }

            Assert.Equal(0, allocator.LiveBuffers);
        }
    }
}
