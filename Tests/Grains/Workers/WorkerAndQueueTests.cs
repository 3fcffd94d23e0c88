using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Grains.Workers;

public sealed class WorkerAndQueueTests
{
    private const int Watchdog = 60_000;

    [Fact(Timeout = Watchdog)]
    public async Task QueueThatForgotItsWorkers_LearnsOfThemWithTheNextHeartbeat()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        var queue = cluster.Grains.GetGrain<IRoleQueueGrain>("r/0");
        var forgotten = cluster.WhenDeactivatedAsync(queue);
        await cluster.DeactivateAsync(queue);
        await forgotten;
        await cluster.Task("t1").SubmitAsync(new TaskSubmission { Role = "r" }, FlowCluster.Token);

        await worker.HeartbeatAsync();
        Assert.True((await worker.CompleteAsync(await worker.NextOfferAsync())).Accepted);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Worker_IsListedWithItsLiveness()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 3, "r");
        var grain = cluster.Grains.GetGrain<IWorkerGrain>("w1");
        Assert.Equal(WorkerLiveness.Online, (await grain.GetAsync(FlowCluster.Token))!.Liveness);
        await worker.DisconnectAsync();
        Assert.Equal(WorkerLiveness.Disconnected, (await grain.GetAsync(FlowCluster.Token))!.Liveness);
        await cluster.CrashAsync();

        Assert.Equal((WorkerLiveness.Offline, 3), ((await grain.GetAsync(FlowCluster.Token))!.Liveness, (await grain.GetAsync(FlowCluster.Token))!.Registration.Slots));
        Assert.Equal([worker.Id], await cluster.Grains.GetGrain<IWorkerCatalogGrain>(IWorkerCatalogGrain.Key).ListAsync(FlowCluster.Token));
        Assert.Null(await cluster.Grains.GetGrain<IWorkerGrain>("w2").GetAsync(FlowCluster.Token));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Worker_IsOnlineOnlyOnceItsRolesAreKnown(bool wasThereBefore)
    {
        await using var cluster = await FlowCluster.StartAsync();
        var (grain, queue) = (cluster.Grains.GetGrain<IWorkerGrain>("w1"), cluster.Grains.GetGrain<IRoleQueueGrain>("late/0"));
        if (wasThereBefore)
        {
            await (await cluster.StartWorkerAsync("w1", 1, "r")).DisconnectAsync(clean: true);
        }

        var (writing, mayWrite) = (new TaskCompletionSource(), new TaskCompletionSource());
        cluster.Storage.BeforeWrite = name =>
        {
            writing.TrySetResult();
            return name == "queue" ? mayWrite.Task : Task.CompletedTask;
        };
        var starting = cluster.StartWorkerAsync("w1", 1, "r", "late");
        await writing.Task.WaitAsync(FlowCluster.Token);
        Assert.NotEqual(WorkerLiveness.Online, (await grain.GetAsync(FlowCluster.Token))?.Liveness);

        mayWrite.SetResult();
        await starting;
        Assert.Equal(WorkerLiveness.Online, (await grain.GetAsync(FlowCluster.Token))!.Liveness);
        Assert.True((await queue.GetStatusAsync(FlowCluster.Token)).Known);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Worker_WhoseRoleCouldNotBeAnnounced_IsOnlineAfterTheHeartbeatThatCould()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IWorkerGrain>("w1");
        cluster.Storage.BeforeWrite = name => name == "queue" ? Task.FromException(new IOException("full")) : Task.CompletedTask;
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        Assert.Equal(WorkerLiveness.Disconnected, (await grain.GetAsync(FlowCluster.Token))!.Liveness);

        cluster.Storage.BeforeWrite = _ => Task.CompletedTask;
        await worker.HeartbeatAsync();
        Assert.Equal(WorkerLiveness.Online, (await grain.GetAsync(FlowCluster.Token))!.Liveness);
    }
}
