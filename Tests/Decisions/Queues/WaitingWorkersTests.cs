using OrleansFlow.Decisions.Queues;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Queues;

public sealed class WaitingWorkersTests
{
    private readonly WaitingWorkers _workers = new();

    [Fact]
    public void TryBegin_ChoosesTheWorkerWithMostFreeSlots()
    {
        _workers.SetFree(new WorkerId("a"), 1);
        _workers.SetFree(new WorkerId("b"), 3);

        Assert.True(_workers.TryBegin(out var worker, out var free));
        Assert.Equal(("b", 3), (worker.Value, free));
    }

    [Fact]
    public void TryBegin_OfEquals_TakesTurns()
    {
        _workers.SetFree(new WorkerId("a"), 2);
        _workers.SetFree(new WorkerId("b"), 2);
        var chosen = new List<string>();
        for (var turn = 0; turn < 4; turn++)
        {
            _workers.TryBegin(out var worker, out _);
            chosen.Add(worker.Value);
            _workers.End(worker, 2);
        }

        Assert.Equal(["a", "b", "a", "b"], chosen);
    }

    [Fact]
    public void TryBegin_NeverChoosesABusyOrFullWorker()
    {
        _workers.SetFree(new WorkerId("a"), 2);
        _workers.SetFree(new WorkerId("b"), 0);

        Assert.True(_workers.TryBegin(out _, out _));
        Assert.False(_workers.TryBegin(out _, out _));
    }

    [Fact]
    public void SetFree_DuringAnAssignment_CountsWhenItEnds()
    {
        _workers.SetFree(new WorkerId("a"), 1);
        _workers.TryBegin(out var worker, out _);
        _workers.SetFree(worker, 5);

        _workers.End(worker, 0);

        Assert.True(_workers.TryBegin(out _, out var free));
        Assert.Equal(5, free);
    }

    [Fact]
    public void Remove_ForgetsTheWorkerAndKeepsTheOthersInTurn()
    {
        _workers.SetFree(new WorkerId("a"), 1);
        _workers.SetFree(new WorkerId("b"), 1);
        _workers.Remove(new WorkerId("a"));
        _workers.Remove(new WorkerId("unknown"));

        Assert.Equal(1, _workers.Count);
        Assert.True(_workers.TryBegin(out var worker, out _));
        Assert.Equal("b", worker.Value);
    }
}
