using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;

namespace OrleansFlow.Tests.Streaming.Aggregation;

public sealed class ChangedGroupsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(100)]
    [InlineData(1_000)]
    public void TakeChanged_InParts_GivesEachChangedGroupOnceInOrder(int partLength)
    {
        var aggregator = OfKeys(300);
        aggregator.ForgetChanged();
        Add(aggregator, 5, 63, 64, 127, 200, 299, 5, 1_000, 1_001, 1_000);
        var (part, taken, next) = (new int[partLength], new List<int>(), 0);
        int count;
        do
        {
            count = aggregator.TakeChanged(part, ref next);
            taken.AddRange(part[..count]);
        }
        while (count == partLength);

        Assert.Equal([5, 63, 64, 127, 200, 299, 300, 301], taken);
        Assert.Empty(aggregator.TakeChanged());
        Add(aggregator, 1_001, 64);
        Assert.Equal([64, 301], aggregator.TakeChanged());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void TakeChanged_AfterRandomSteps_GivesWhatASetWouldGive(int seed)
    {
        var random = new Random(seed);
        var aggregator = OfKeys(0);
        var (numbers, changed) = (new Dictionary<long, int>(), new SortedSet<int>());
        for (var step = 0; step < 300; step++)
        {
            switch (random.Next(10))
            {
                case 0:
                    aggregator.Clear();
                    numbers.Clear();
                    changed.Clear();
                    break;
                case 1:
                    aggregator.ForgetChanged();
                    changed.Clear();
                    break;
                case 2:
                    Assert.Equal(changed, aggregator.TakeChanged());
                    changed.Clear();
                    break;
                case 3:
                    var (part, taken, next) = (new int[random.Next(1, 100)], new List<int>(), 0);
                    for (var count = part.Length; count == part.Length;)
                    {
                        count = aggregator.TakeChanged(part, ref next);
                        taken.AddRange(part[..count]);
                    }

                    Assert.Equal(changed, taken);
                    changed.Clear();
                    break;
                default:
                    long[] keys = [.. Enumerable.Range(0, random.Next(40)).Select(_ => (long)random.Next(400))];
                    Add(aggregator, keys);
                    foreach (var key in keys)
                    {
                        numbers.TryAdd(key, numbers.Count);
                        changed.Add(numbers[key]);
                    }

                    break;
            }

            Assert.All(numbers.Values, group => Assert.Equal(changed.Contains(group), aggregator.IsChanged(group)));
        }
    }

    [Fact]
    public void Expect_OfManyGroups_KeepsThoseThatAreThere()
    {
        var aggregator = OfKeys(300);
        aggregator.Expect(1_000_000);
        Add(aggregator, 7, 300);

        Assert.Equal(301, aggregator.Count);
        Assert.Equal(Enumerable.Range(0, 301).Select(key => ((long)key, key == 7 ? 2L : 1L)), Counts(aggregator, ArrowAllocator.Default));
    }

    [Fact]
    public void SlabAllocator_Disposed_LeavesTheBuffersThatItHandedOut()
    {
        var aggregator = OfKeys(300);
        var slabs = new SlabAllocator();
        var columns = aggregator.Partials(aggregator.TakeChanged(), slabs);
        var others = new List<ArrowBuffer>();
        for (var bytes = 0L; bytes < 2L * SlabAllocator.BlockBytes; bytes += SlabAllocator.BlockBytes / 4)
        {
            others.Add(slabs.AllocateZeroed(SlabAllocator.BlockBytes / 4));
        }

        var large = slabs.AllocateZeroed(SlabAllocator.BlockBytes + 1L);
        slabs.Dispose();

        Assert.Equal(Enumerable.Range(0, 300).Select(key => (long)key), ((Int64Array)columns[0]).Values.ToArray());
        Assert.All(others, buffer => Assert.True(!buffer.Owner!.IsReleased && !buffer.Span.ContainsAnyExcept((byte)0)));
        Assert.Equal(others.Count, others.Select(buffer => AddressOf(buffer)).Distinct().Count());
        ArrowColumns.Release(columns);
        others.ForEach(buffer => buffer.Release());
        large.Release();
        Assert.All(others, buffer => Assert.True(buffer.Owner!.IsReleased));
    }

    private static unsafe nint AddressOf(ArrowBuffer buffer) => (nint)buffer.Pointer;

    private static GroupAggregator OfKeys(int count)
    {
        var aggregator = new GroupAggregator([ArrowType.Int64], [new AggregateSpec(AggregateKind.Count, null, null, ArrowType.Int64)], tracksChanges: true, ArrowAllocator.Default);
        Add(aggregator, [.. Enumerable.Range(0, count).Select(key => (long)key)]);
        return aggregator;
    }

    private static void Add(GroupAggregator aggregator, params long[] keys)
    {
        using var builder = new RecordBatchBuilder(new ArrowSchema(new ArrowField("key", ArrowType.Int64)));
        foreach (var key in keys)
        {
            builder.Column<Int64Builder>(0).Append(key);
        }

        using var rows = builder.Build();
        aggregator.Add(rows, [0]);
    }

    private static List<(long Key, long Count)> Counts(GroupAggregator aggregator, ArrowAllocator allocator)
    {
        var columns = aggregator.Partials(aggregator.GroupsWithRows(), allocator);
        try
        {
            return [.. ((Int64Array)columns[0]).Values.ToArray().Zip(((Int64Array)columns[1]).Values.ToArray())];
        }
        finally
        {
            ArrowColumns.Release(columns);
        }
    }
}
