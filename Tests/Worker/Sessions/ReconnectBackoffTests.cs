using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Tests.Worker.Sessions;

public class ReconnectBackoffTests
{
    [Fact]
    public void Next_DoublesUpToTheLargestAndStaysInItsUpperHalf()
    {
        var backoff = new ReconnectBackoff(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(300), new Random(3));
        foreach (var longest in new[] { 50, 100, 200, 300, 300 })
        {
            Assert.InRange(backoff.Next().TotalMilliseconds, longest / 2.0, longest);
        }

        backoff.Reset();
        Assert.InRange(backoff.Next().TotalMilliseconds, 25, 50);
    }

    [Fact]
    public void Next_WithAnotherSeed_SpreadsWorkers()
    {
        var first = new ReconnectBackoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), new Random(1));
        var second = new ReconnectBackoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), new Random(2));
        Assert.NotEqual(first.Next(), second.Next());
    }
}
