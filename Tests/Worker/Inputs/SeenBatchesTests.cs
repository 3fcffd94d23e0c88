using OrleansFlow.Worker.Inputs;

namespace OrleansFlow.Tests.Worker.Inputs;

public class SeenBatchesTests
{
    [Fact]
    public void TryAdd_OfARepetition_IsFalseWhateverTheOrder()
    {
        var seen = new SeenBatches();
        foreach (var index in new[] { 0, 2, 3, 1, 5 })
        {
            Assert.True(seen.TryAdd("scan", 0, index));
        }

        foreach (var index in new[] { 0, 1, 2, 3, 5 })
        {
            Assert.False(seen.TryAdd("scan", 0, index));
        }

        Assert.True(seen.TryAdd("scan", 0, 4));
        Assert.False(seen.TryAdd("scan", 0, 5));
        Assert.True(seen.TryAdd("scan", 1, 0));
        Assert.True(seen.TryAdd("other", 0, 0));
    }
}
