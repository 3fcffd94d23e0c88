using OrleansFlow.Decisions.Workers;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Workers;

public sealed class WorkerModelTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly LeaseToken Token = new(TaskId.Standalone("t"), 3);

    [Fact]
    public void Offline_HasNoSlotsAndNoLeases()
    {
        Assert.Equal(0, WorkerModel.Offline.FreeSlots);
        Assert.Empty(WorkerModel.Offline.Leases);
    }

    [Fact]
    public void Reserve_NeverPromisesMoreThanIsFree()
    {
        var model = WorkerModel.Begin("s", 3, T0).Add(Token).Reserve(5, out var first).Reserve(1, out var second);

        Assert.Equal((2, 0, 0), (first, second, model.FreeSlots));
        Assert.Equal(2, model.Unreserve(2).FreeSlots);
    }

    [Fact]
    public void Stop_KeepsTheSlotUntilTheAttemptIsReleased()
    {
        var model = WorkerModel.Begin("s", 1, T0).Add(Token);
        var stopped = model.TryStop(Token);

        Assert.NotNull(stopped);
        Assert.Equal(0, stopped.FreeSlots);
        Assert.Null(stopped.TryStop(Token));
        Assert.Equal(1, stopped.Release(Token).FreeSlots);
    }

    [Fact]
    public void StopAndRelease_WithAnotherEpoch_ChangeNothing()
    {
        var model = WorkerModel.Begin("s", 1, T0).Add(Token);

        Assert.Null(model.TryStop(Token with { Epoch = 2 }));
        Assert.Same(model, model.Release(Token with { Epoch = 4 }));
    }

    [Fact]
    public void IsLive_EndsWithSilence()
    {
        var model = WorkerModel.Begin("s", 1, T0);

        Assert.True(model.IsLiveAt(T0 + TimeSpan.FromSeconds(59), TimeSpan.FromSeconds(60)));
        Assert.False(model.IsLiveAt(T0 + TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(60)));
        Assert.False(model.Lose().IsLiveAt(T0, TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void DrainingAndLostSessions_TakeNoTasks()
    {
        var model = WorkerModel.Begin("s", 2, T0);

        Assert.Equal(0, model.Drain().FreeSlots);
        Assert.Equal(0, model.Lose().FreeSlots);
        Assert.Equal(SessionPhase.None, model.End().Phase);
    }
}
