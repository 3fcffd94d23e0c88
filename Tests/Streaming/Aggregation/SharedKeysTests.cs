using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;

namespace OrleansFlow.Tests.Streaming.Aggregation;

/// <summary>Goal: partials that share their keys with the groups stay as they were, whatever comes after.</summary>
public sealed class SharedKeysTests
{
    private static readonly AggregateSpec[] Count = [new(AggregateKind.Count, null, null, ArrowType.Int64)];

    [Fact]
    public void SharedKeys_StayAsTheyWere_WhenGroupsGrowAndEnd()
    {
        var allocator = new CountingAllocator();
        var aggregator = new GroupAggregator([ArrowType.Int64], Count, tracksChanges: true, allocator);
        Add(aggregator, Enumerable.Range(0, 1_000).Select(key => (long?)(key * 3)));
        int[] numbers = [.. Enumerable.Range(100, 800)];
        var kept = aggregator.Partials(numbers, allocator);

        Add(aggregator, Enumerable.Range(0, 100_000).Select(key => (long?)key));
        var grown = aggregator.Partials(numbers, allocator);
        aggregator.Clear();
        Add(aggregator, Enumerable.Range(0, 1_000).Select(key => (long?)-key));

        Assert.Equal(numbers.Select(number => number * 3L), ((Int64Array)kept[0]).Values.ToArray());
        Assert.Equal(numbers.Select(_ => 1L), ((Int64Array)kept[1]).Values.ToArray());
        Assert.Equal(numbers.Select(number => number * 3L), ((Int64Array)grown[0]).Values.ToArray());
        Assert.Equal(numbers.Select(_ => 2L), ((Int64Array)grown[1]).Values.ToArray());
        ArrowColumns.Release([.. kept, .. grown]);
        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Fact]
    public void NullKey_AndNumbersWithGaps_AreCopied()
    {
        var aggregator = new GroupAggregator([ArrowType.Int64], Count, tracksChanges: false, ArrowAllocator.Default);
        Add(aggregator, [5, null, 7, 9]);

        var all = aggregator.Partials([0, 1, 2, 3], ArrowAllocator.Default);
        var some = aggregator.Partials([3, 0], ArrowAllocator.Default);

        Assert.Equal(new object?[] { 5L, null, 7L, 9L }, Enumerable.Range(0, 4).Select(row => ((Int64Array)all[0]).GetValue(row)));
        Assert.Equal([9, 5], ((Int64Array)some[0]).Values.ToArray());
        ArrowColumns.Release([.. all, .. some]);
    }

    private static void Add(GroupAggregator aggregator, IEnumerable<long?> keys)
    {
        using var builder = new Int64Builder();
        var count = 0;
        foreach (var key in keys)
        {
            builder.Append(key);
            count++;
        }

        using var batch = new RecordBatch(new ArrowSchema(new ArrowField("k", ArrowType.Int64)), [builder.Build()], count);
        aggregator.Add(batch, [0]);
    }
}
