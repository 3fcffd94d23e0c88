using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>Goal: a checkpoint costs its own row, outlives a restart, and goes with its task's completion.</summary>
public sealed class CheckpointRowTests
{
    private const string Document = """{"name":"x","nodes":[{"id":"a","role":"r","tasks":200}]}""";
    private static readonly TaskSlot Slot = new(0, 150);

    [Fact]
    public async Task Checkpoint_IsStoredInARowOfItsOwn()
    {
        var run = await StartAsync(new JsonBatchStorage());

        await run.DoAsync(new LeaseTask(Slot, new SaveCheckpoint(1, new LeaseCheckpoint(3, """{"at":7}""", 0))));

        Assert.Equal(
            """{"v":3,"json":"{\u0022at\u0022:7}","e":1,"saved":"2026-01-01T00:00:00+00:00"}""", run.Text("run-checkpoint-150.a"));
        await run.ReloadAsync();
        Assert.Equal(new LeaseCheckpoint(3, """{"at":7}""", 0, 1, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)), run.State[Slot].Checkpoint);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Checkpoint_OfACompletedTask_IsGone(bool batches)
    {
        var run = await StartAsync(batches ? new JsonBatchStorage() : new JsonGrainStorage());
        for (var round = 0; round < 3; round++)
        {
            await run.DoAsync(new LeaseTask(Slot, new SaveCheckpoint(1, new LeaseCheckpoint(1, $"{round}", 0))));
        }

        Assert.Single(run.Names, IsCheckpoint);
        await run.DoAsync(new LeaseTask(Slot, new CompleteAttempt(1, 0)));

        Assert.DoesNotContain(run.Names, IsCheckpoint);
        await run.ReloadAsync();
        Assert.Null(run.State[Slot].Checkpoint);
    }

    [Fact]
    public async Task Checkpoint_OfOneTask_WritesNothingOfItsNeighbours()
    {
        var storage = new JsonBatchStorage();
        var run = await StartAsync(storage);
        var bytes = 0L;
        storage.AfterWrite = (_, json) => bytes += json.Length;

        await run.DoAsync(new LeaseTask(Slot, new SaveCheckpoint(1, new LeaseCheckpoint(1, "{}", 0))));

        Assert.InRange(bytes, 1, 400);
    }

    [Fact]
    public async Task Checkpoint_ThatIsSavedAndNotNeededInOneCommit_LeavesNoRow()
    {
        var run = await StartAsync(new JsonBatchStorage());

        await run.DoAsync(new LeaseTask(Slot, new SaveCheckpoint(1, new LeaseCheckpoint(1, "{}", 0))), new LeaseTask(Slot, new CompleteAttempt(1, 0)));

        Assert.DoesNotContain(run.Names, IsCheckpoint);
    }

    private static bool IsCheckpoint(string name) => name.StartsWith("run-checkpoint-", StringComparison.Ordinal);

    private static async Task<StoredRun> StartAsync(JsonGrainStorage storage)
    {
        var run = new StoredRun(storage, Document);
        await run.DoAsync(run.Submit());
        await run.DoAsync(new LeaseTask(Slot, new GrantLease(new WorkerId("w"), "s")));
        return run;
    }
}
