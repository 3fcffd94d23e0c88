using OrleansFlow.Graphs;
using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>What a commit makes ready is offered before it is written, so that its lease is in it.</summary>
public sealed class EarlyOfferTests
{
    private const int Watchdog = 60_000;
    private const string Chain = """{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":["a"]},{"id":"c","role":"r","depends_on":["b"]}""";

    [Theory(Timeout = Watchdog)]
    [InlineData("""{"id":"a","role":"r"}""", 1)]
    [InlineData(Chain, 3)]
    public async Task Run_WhoseWorkerWaits_NeedsACommitToBeginAndOneForEachTask(string nodes, int tasks)
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        var worker = await cluster.StartWorkerAsync("w", 4, "r");
        var heads = 0;
        var withEnd = 0;
        cluster.Storage.AfterWrite = (name, json) =>
        {
            heads += name == "run" ? 1 : 0;
            withEnd = name == "run" && withEnd == 0 && json.Contains("\"ended", StringComparison.OrdinalIgnoreCase) ? heads : withEnd;
        };

        await cluster.SubmitAsync("run", nodes);
        for (var task = 0; task < tasks; task++)
        {
            Assert.True((await worker.CompleteAsync(await worker.NextOfferAsync())).Accepted);
        }

        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("run")).Status);
        Assert.Equal(1 + tasks, withEnd);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Lease_ThatWasAskedForEarly_IsNotHandedOutBeforeTheCommitThatHoldsIt()
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        var worker = await cluster.StartWorkerAsync("w", 4, "r");
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Storage.BeforeWrite = name =>
        {
            if (name != "run")
            {
                return Task.CompletedTask;
            }

            reached.TrySetResult();
            return gate.Task;
        };
        var submitted = cluster.SubmitAsync("run", """{"id":"a","role":"r"}""");
        var offer = worker.NextOfferAsync();
        await reached.Task;
        var queue = await cluster.Grains.GetGrain<IRoleQueueGrain>("r/0").GetStatusAsync(FlowCluster.Token);
        Assert.Equal((0, 1), (queue.ReadyCount, queue.InFlightCount));
        Assert.False(offer.IsCompleted || submitted.IsCompleted);

        gate.SetResult();
        await submitted;
        Assert.Equal(1, (await offer).Token.Epoch);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Lease_WhoseCommitFailed_IsNotHandedOutAndTheTaskIsForgotten()
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        var worker = await cluster.StartWorkerAsync("w", 1, "r");
        cluster.Storage.BeforeWrite = name => name == "run" ? throw new IOException("The disk is gone.") : Task.CompletedTask;
        await Assert.ThrowsAnyAsync<Exception>(() => cluster.SubmitAsync("lost", """{"id":"a","role":"r"}"""));
        cluster.Storage.BeforeWrite = _ => Task.CompletedTask;

        await cluster.SubmitAsync("kept", """{"id":"a","role":"r"}""");

        var grant = await cluster.AdvanceUntilAsync(worker.NextOfferAsync(), TimeSpan.FromSeconds(1), worker);
        Assert.Equal("kept", grant.Token.TaskId.RunId.Value);
        Assert.True((await worker.CompleteAsync(grant)).Accepted);
        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("kept")).Status);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Submit_WhileNoSlotIsFree_IsAcceptedWithoutALease()
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        var worker = await cluster.StartWorkerAsync("w", 1, "r");
        await cluster.SubmitAsync("first", """{"id":"a","role":"r"}""");
        var held = await worker.NextOfferAsync();

        // No slot is free: time stands still, so that a commit that waited for a lease would wait for ever.
        await cluster.SubmitAsync("second", """{"id":"a","role":"r"}""");
        Assert.Equal(RunStatus.Pending, (await cluster.Run("second").GetAsync(FlowCluster.Token))!.Status);

        Assert.True((await worker.CompleteAsync(held)).Accepted);
        Assert.True((await worker.CompleteAsync(await worker.NextOfferAsync())).Accepted);
    }
}
