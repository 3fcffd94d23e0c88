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
        Assert.False(model.Lose(T0).IsLiveAt(T0, TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void Worker_SilentForTheSoftThreshold_GetsNoTasksUntilItIsHeardOf()
    {
        var soft = TimeSpan.FromSeconds(15);
        var model = WorkerModel.Begin("s", 2, T0).Suspect(T0 + soft - TimeSpan.FromTicks(1), soft);
        Assert.Equal((SessionPhase.Connected, 2), (model.Phase, model.FreeSlots));

        model = model.Suspect(T0 + soft, soft);

        Assert.Equal((SessionPhase.Suspected, 0), (model.Phase, model.FreeSlots));
        Assert.True(model.IsLiveAt(T0 + TimeSpan.FromSeconds(59), TimeSpan.FromSeconds(60)));
        Assert.Equal(SessionPhase.Draining, model.Drain().Phase);
        Assert.Equal(SessionPhase.Lost, model.Lose(T0).Phase);
        Assert.Equal((SessionPhase.Connected, 2), (model.Seen(T0 + soft).Phase, model.Seen(T0 + soft).FreeSlots));
        Assert.Equal(SessionPhase.Draining, model.Drain().Suspect(T0 + soft, soft).Phase);
    }

    [Fact]
    public void LostStream_EndsEachLeaseAfterItsOwnGrace()
    {
        var usual = TimeSpan.FromMilliseconds(500);
        var slow = new LeaseToken(TaskId.Standalone("slow"), 1);
        var model = WorkerModel.Begin("s", 3, T0).Add(Token).Add(slow, TimeSpan.FromSeconds(5));
        Assert.Empty(model.OverdueAt(T0 + TimeSpan.FromHours(1), usual));
        Assert.Null(model.NextGrace(usual));

        model = model.Lose(T0);

        Assert.Equal(usual, model.NextGrace(usual));
        Assert.Empty(model.OverdueAt(T0 + usual - TimeSpan.FromTicks(1), usual));
        Assert.Equal([Token], model.OverdueAt(T0 + usual, usual));
        model = model.Release(Token);
        Assert.Equal(TimeSpan.FromSeconds(5), model.NextGrace(usual));
        Assert.Equal([slow], model.OverdueAt(T0 + TimeSpan.FromSeconds(5), usual));
        Assert.Equal(usual, model.Release(slow).NextGrace(usual));
    }

    [Fact]
    public void DrainingAndLostSessions_TakeNoTasks()
    {
        var model = WorkerModel.Begin("s", 2, T0);

        Assert.Equal(0, model.Drain().FreeSlots);
        Assert.Equal(0, model.Lose(T0).FreeSlots);
        Assert.Equal(SessionPhase.None, model.End().Phase);
    }
}
