using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;

namespace OrleansFlow.Tests.Arrow;

public class SortedMergeTests
{
    private static readonly ArrowSchema Schema = new(new ArrowField("k", ArrowType.Int64), new ArrowField("s", ArrowType.Utf8));

    [Theory]
    [InlineData(1, 65_536)]
    [InlineData(2, 7)]
    [InlineData(5, 1)]
    [InlineData(9, 100)]
    public void Merge_OfSortedStreams_IsTheSortedWhole(int sourceCount, int rowsMax)
    {
        var random = new Random(sourceCount);
        var key = new SortKey(0, IsDescending: true, NullsFirst: true);
        var streams = Enumerable.Range(0, sourceCount).Select(source => Sorted(random, source, key)).ToArray();
        var expected = streams.SelectMany(stream => stream).OrderBy(row => row.Key is null ? 0 : 1).ThenByDescending(row => row.Key).ThenBy(row => row.Text[0]).ToList();
        using var merge = new SortedMerge(sourceCount, [key], rowsMax);
        var places = new int[sourceCount];
        List<(long? Key, string Text)> merged = [];
        while (true)
        {
            while (merge.Wanted is >= 0 and var wanted)
            {
                // Batches of 1 to 20 rows, and now and then one without any.
                var count = Math.Min(random.Next(0, 21), streams[wanted].Count - places[wanted]);
                if (places[wanted] == streams[wanted].Count)
                {
                    merge.End(wanted);
                    continue;
                }

                merge.Feed(wanted, Batch(streams[wanted].Skip(places[wanted]).Take(count)));
                places[wanted] += count;
            }

            using var batch = merge.Next();
            if (batch is null)
            {
                break;
            }

            Assert.InRange(batch.RowCount, 1, Math.Max(rowsMax, 20));
            merged.AddRange(Enumerable.Range(0, batch.RowCount).Select(row => ((long?)batch.Column(0).GetValue(row), (string)batch.Column(1).GetValue(row)!)));
        }

        Assert.Equal(expected.Select(row => row.Key), merged.Select(row => row.Key));

        // Equal keys: the streams in their order, and each stream in its own.
        Assert.Equal(expected, merged);
    }

    [Fact]
    public void Merge_OfStreamsThatFollowEachOther_CopiesNothing()
    {
        using var merge = new SortedMerge(2, [new SortKey(0)]);
        var first = Batch([(1, "a"), (2, "b")]);
        merge.Feed(0, first);
        merge.Feed(1, Batch([(3, "c")]));

        using var merged = merge.Next();

        Assert.Same(first, merged);
        Assert.Equal(0, merge.Wanted);
    }

    private static List<(long? Key, string Text)> Sorted(Random random, int source, SortKey key)
    {
        Assert.True(key is { IsDescending: true, NullsFirst: true });
        return [.. Enumerable.Range(0, random.Next(0, 200)).Select(_ => random.Next(6) == 0 ? (long?)null : random.Next(30))
            .OrderBy(value => value is null ? 0 : 1).ThenByDescending(value => value)
            .Select((value, index) => (value, FormattableString.Invariant($"{(char)('a' + source)}{index:D4}")))];
    }

    private static RecordBatch Batch(IEnumerable<(long? Key, string Text)> rows)
    {
        using var builder = new RecordBatchBuilder(Schema);
        foreach (var (key, text) in rows)
        {
            builder.AppendRow(key, text);
        }

        return builder.Build();
    }
}
