using OrleansFlow.Decisions.Inputs;

namespace OrleansFlow.Tests.Decisions.Inputs;

public sealed class PullPlanTests
{
    [Fact]
    public void Poll_WithoutProgress_DoublesUpToItsMaximum()
    {
        var backoff = new PullBackoff(TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(4000));

        Assert.Equal([300.0, 600, 1200, 2400, 4000, 4000], Enumerable.Range(0, 6).Select(tries => backoff.After(tries).TotalMilliseconds));
        Assert.Equal(4000, backoff.After(int.MaxValue).TotalMilliseconds);
    }

    [Fact]
    public void Poll_WhoseGreatestWaitIsBelowItsFirst_StaysAtTheFirst() =>
        Assert.Equal([500.0, 500], ((int[])[0, 3]).Select(tries => new PullBackoff(TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(100)).After(tries).TotalMilliseconds));

    [Fact]
    public void Chunks_NeverCrossAnArtifact() =>
        Assert.Equal([4, 1, 4, 1, 3], ((int[])[5, 5, 3]).SelectMany(items => ChunkPlan.Cut(items, 4)).Select(piece => piece.Count));

    [Theory]
    [InlineData(0, 4, new int[0])]
    [InlineData(4, 4, new[] { 0, 4 })]
    [InlineData(5, 4, new[] { 0, 4, 4, 1 })]
    [InlineData(3, int.MaxValue, new[] { 0, 3 })]
    public void Chunks_OfOneArtifact_CoverItOnce(int items, int size, int[] expected) =>
        Assert.Equal(expected, ChunkPlan.Cut(items, size).SelectMany(piece => new[] { piece.First, piece.Count }));

    [Fact]
    public void Ranges_OfOneTask_AreTheWholeFiles() =>
        Assert.Equal(
            [new FileRange("a", 0, 10), new FileRange("b", 0, null), new FileRange("c", 0, 1)],
            FileRange.Plan([("a", 10), ("b", null), ("c", 1), ("empty", 0)], 4, 0, 1));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(50)]
    public void Ranges_OfAllTasks_CoverEveryRowOnceInWholeBatches(int taskCount)
    {
        (string, long?)[] files = [("a", 103), ("b", null), ("c", 8), ("d", 1), ("e", 0), ("f", null), ("g", 64)];
        var ranges = Enumerable.Range(0, taskCount).SelectMany(task => FileRange.Plan(files, 8, task, taskCount)).ToList();

        foreach (var (path, rows) in files)
        {
            var own = ranges.Where(range => range.Path == path).OrderBy(range => range.FirstRow).ToList();
            if (rows is null)
            {
                Assert.Equal([new FileRange(path, 0, null)], own);
                continue;
            }

            Assert.Equal(Enumerable.Range(0, (int)rows).Select(row => (long)row), own.SelectMany(range => Enumerable.Range(0, (int)range.RowCount!).Select(row => range.FirstRow + row)));
            Assert.All(own, range => Assert.Equal(0, range.FirstRow % 8));
        }
    }

    [Fact]
    public void Ranges_AfterARow_AreWhatIsLeft()
    {
        var ranges = FileRange.Plan([("a", 10), ("b", null), ("c", 5)], 4, 0, 1);

        Assert.Equal([new FileRange("a", 4, 6), .. ranges[1..]], FileRange.After(ranges, "a", 4));
        Assert.Equal(ranges[1..], FileRange.After(ranges, "a", 10));
        Assert.Equal([new FileRange("b", 12, null), ranges[2]], FileRange.After(ranges, "b", 12));
        Assert.Empty(FileRange.After(ranges, "c", 5));
        Assert.Equal(ranges, FileRange.After(ranges, "gone", 5));
    }
}
