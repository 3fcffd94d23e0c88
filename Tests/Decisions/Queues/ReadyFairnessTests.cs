using OrleansFlow.Decisions.Queues;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Queues;

/// <summary>Runs take turns within a priority, and no more tasks of a limit are in flight than it allows.</summary>
public sealed class ReadyFairnessTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly ReadyBook _book = new();
    private int _seconds;

    [Fact]
    public void Fairness_OverRunsOfOnePriority_IsRoundRobin_AndFirstInFirstOutWithinARun()
    {
        Ready("a", 5);
        Ready("b", 2);
        Ready("c", 1);

        Assert.Equal(["a/n/0", "b/n/0", "c/n/0", "a/n/1", "b/n/1", "a/n/2", "a/n/3", "a/n/4"], Take(10));
    }

    [Fact]
    public void Fairness_HigherPriority_GoesFirst_AndHasTurnsOfItsOwn()
    {
        Ready("a", 3);
        Ready("b", 1);
        Ready("u", 2, priority: 5);
        Ready("v", 1, priority: 5);

        Assert.Equal(["u/n/0", "v/n/0", "u/n/1", "a/n/0", "b/n/0", "a/n/1", "a/n/2"], Take(10));
    }

    [Fact]
    public void Fairness_ARunThatComesLater_DoesNotWaitForTheBacklog()
    {
        Ready("big", 1_000);
        Take(500);

        Ready("small", 2);

        Assert.Equal(["big/n/500", "big/n/501", "small/n/0", "small/n/1"], Take(4).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Fairness_InEveryMix_EachRunWithWorkGetsItsShare()
    {
        var random = new Random(7);
        for (var run = 0; run < 6; run++)
        {
            Ready($"r{run}", 50 + random.Next(100));
        }

        // While all have work left, nobody is more than one turn ahead of anybody.
        var counts = Take(300).GroupBy(task => task.Split('/')[0]).Select(group => group.Count()).ToList();

        Assert.Equal(6, counts.Count);
        Assert.InRange(counts.Max() - counts.Min(), 0, 1);
    }

    [Fact]
    public void Limit_OfAKey_IsNeverExceededOverRuns_AndATaskWithoutOneIsNotCounted()
    {
        Ready("a", 3, key: "db", limit: 2);
        Ready("b", 3, key: "db", limit: 2);
        Ready("c", 1);

        Assert.Equal(["a/n/0", "c/n/0", "a/n/1"], Take(10));
        Assert.Empty(Take(10));
        Assert.Equal((4, 3), (_book.ReadyCount, _book.InFlightCount));
        _book.Remove(TaskId.Parse("c/n/0"));
        Assert.Empty(Take(10));
        _book.Remove(TaskId.Parse("a/n/0"));
        Assert.Equal(["a/n/2"], Take(10));
        _book.ReadyAgain(TaskId.Parse("a/n/1"), T0);
        Assert.Equal(["a/n/1"], Take(10));
        _book.Remove(TaskId.Parse("a/n/1"));
        _book.Remove(TaskId.Parse("a/n/2"));
        Assert.Equal(["b/n/0", "b/n/1"], Take(10));
    }

    [Fact]
    public void Limit_OfTheQueue_HoldsForAllOfItsTasks()
    {
        _book.Limit = 2;
        Ready("a", 2);
        Ready("b", 2);

        var taken = new List<ReadyTask>();
        _book.Take(10, T0.AddSeconds(10_000), taken);
        Assert.Equal(["a/n/0", "b/n/0"], taken.Select(task => task.TaskId.Value));
        _book.PutBack(taken[0]);
        Assert.Equal(["a/n/0"], Take(10));
        _book.Remove(TaskId.Parse("b/n/0"));
        Assert.Single(Take(10));
    }

    [Fact]
    public void Limit_AfterARestart_CountsWhatMayBeLeasedUntilItsOwnerSays()
    {
        Ready("a", 3, key: "db", limit: 2);
        for (var index = 0; index < 3; index++)
        {
            _book.Hold(TaskId.Parse($"a/n/{index}"), T0);
        }

        Assert.Empty(Take(10));
        Assert.Equal(3, _book.TakeDueChecks(T0, T0.AddSeconds(60), 10).Count);
        _book.ReadyAgain(TaskId.Parse("a/n/2"), T0);
        Assert.Empty(Take(10));
        _book.Remove(TaskId.Parse("a/n/0"));
        Assert.Equal(["a/n/2"], Take(10));
    }

    private void Ready(string run, int count, int priority = 0, string? key = null, int limit = 0)
    {
        for (var index = 0; index < count; index++)
        {
            _book.MakeReady(TaskId.OfRun(new RunId(run), "n", index), priority, T0.AddSeconds(_seconds++), 1, null, default, key, limit);
        }
    }

    private List<string> Take(int count)
    {
        var taken = new List<ReadyTask>();
        _book.Take(count, T0.AddSeconds(10_000), taken);
        return [.. taken.Select(task => task.TaskId.Value)];
    }
}
