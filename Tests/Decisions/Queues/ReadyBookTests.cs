using OrleansFlow.Decisions.Queues;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Queues;

public sealed class ReadyBookTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly ReadyBook _book = new();

    [Fact]
    public void Take_ReadyTasks_ComeByPriorityThenAgeThenId()
    {
        Ready("late", 0, 2);
        Ready("early", 0, 1);
        Ready("urgent", 5, 9);
        Ready("b", 0, 3);
        Ready("a", 0, 3);

        Assert.Equal(["urgent", "early", "late", "a", "b"], Take(10));
    }

    [Fact]
    public void TryStore_OfATaskThatIsNotStored_SaysWhereItIsAndOnlyOnce()
    {
        _book.MakeReady(TaskId.Standalone("a"), 0, T0, segment: 0);
        Assert.False(_book.IsStored(TaskId.Standalone("a")));

        Assert.True(_book.TryStore(TaskId.Standalone("a"), 7));
        Assert.False(_book.TryStore(TaskId.Standalone("a"), 8));
        Assert.False(_book.TryStore(TaskId.Standalone("unknown"), 7));

        Assert.True(_book.IsStored(TaskId.Standalone("a")));
        Assert.Equal(7, _book.Remove(TaskId.Standalone("a")));
    }

    [Fact]
    public void Take_IsBoundedAndWhatIsTakenIsInFlight()
    {
        Ready("a", 0, 1);
        Ready("b", 0, 2);

        Assert.Equal(["a"], Take(1));
        Assert.Equal((1, 1, 2), (_book.ReadyCount, _book.InFlightCount, _book.Count));
        Assert.Equal(["b"], Take(5));
        Assert.Empty(Take(5));
    }

    [Fact]
    public void MakeReady_OfATaskInFlight_OffersItAgainOnce()
    {
        Ready("a", 0, 1);
        Take(1);

        Ready("a", 0, 2);
        Ready("a", 0, 2);

        Assert.Equal(["a"], Take(5));
    }

    [Fact]
    public void PutBack_AfterTheTaskWasMadeReadyByItsOwner_ChangesNothing()
    {
        Ready("a", 0, 1);
        var taken = new List<ReadyTask>();
        _book.Take(1, At(100), taken);
        Ready("a", 7, 5);

        _book.PutBack(taken[0]);

        Ready("b", 3, 1);
        Assert.Equal(["a", "b"], Take(5));
    }

    [Fact]
    public void PutBack_OfATaskThatWasRemoved_DoesNotBringItBack()
    {
        Ready("a", 0, 1);
        var taken = new List<ReadyTask>();
        _book.Take(1, At(100), taken);
        _book.Remove(taken[0].TaskId);

        _book.PutBack(taken[0]);

        Assert.Equal(0, _book.Count);
    }

    [Fact]
    public void ReadyAgain_KeepsThePriority()
    {
        Ready("high", 9, 1);
        Take(1);
        Ready("low", 0, 0);

        _book.ReadyAgain(TaskId.Standalone("high"), At(5));

        Assert.Equal(["high", "low"], Take(5));
    }

    [Fact]
    public void TakeDueChecks_GivesWhatIsDueAndPutsItsNextCheckOff()
    {
        Ready("a", 0, 1);
        Ready("b", 0, 2);
        _book.Take(1, At(10), []);
        _book.Take(1, At(20), []);

        Assert.Empty(_book.TakeDueChecks(At(9), At(99), 10));
        Assert.Equal([TaskId.Standalone("a")], _book.TakeDueChecks(At(10), At(99), 10));
        Assert.Equal(At(20), _book.NextCheckUtc);
        Assert.Equal([TaskId.Standalone("b")], _book.TakeDueChecks(At(50), At(99), 1));
    }

    [Fact]
    public void Remove_TellsTheSegmentAndForgetsTheTask()
    {
        _book.MakeReady(TaskId.Standalone("a"), 0, At(1), segment: 42);

        Assert.Equal(42, _book.Remove(TaskId.Standalone("a")));
        Assert.Null(_book.Remove(TaskId.Standalone("a")));
        Assert.Equal(0, _book.ReadyCount);
    }

    [Fact]
    public void MakeReady_OfAKnownTask_KeepsItsSegment()
    {
        _book.MakeReady(TaskId.Standalone("a"), 0, At(1), segment: 42);
        _book.MakeReady(TaskId.Standalone("a"), 0, At(2), segment: 0);

        Assert.Equal(42, _book.Remove(TaskId.Standalone("a")));
    }

    private static DateTimeOffset At(int seconds) => T0 + TimeSpan.FromSeconds(seconds);

    private void Ready(string id, int priority, int seconds) => _book.MakeReady(TaskId.Standalone(id), priority, At(seconds), segment: 1);

    private List<string> Take(int count)
    {
        var taken = new List<ReadyTask>();
        _book.Take(count, At(1000), taken);
        return [.. taken.Select(task => task.TaskId.Value)];
    }
}
