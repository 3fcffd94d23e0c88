using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>A commit costs what it changes, however much the run holds.</summary>
public sealed class GraphRunCommitCostTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Commit_OfARunWith100000Tasks_WritesWhatChangedAndNotWhatItHolds(bool batches)
    {
        var storage = batches ? new JsonBatchStorage() : new JsonGrainStorage();
        var bytes = 0L;
        storage.AfterWrite = (_, json) => bytes += json.Length;
        var run = new StoredRun(storage, """{"name":"x","nodes":[{"id":"a","role":"r","tasks":100000}]}""");
        await run.DoAsync(run.Submit());
        Assert.InRange(bytes, 1, 2_000);
        for (var first = 0; first < 100_000; first += 1_000)
        {
            // A thousand tasks of history a time; each with an output batch.
            var commands = Enumerable.Range(first, 1_000).SelectMany(task => (GraphRunCommand[])
            [
                new LeaseTask(new TaskSlot(0, task), new GrantLease(new WorkerId("w"), "s")),
                new LeaseTask(new TaskSlot(0, task), new AcceptBatch(1, 0, new AcceptedBatch(1, 5, 50, $"r/a/{task}/0.e1.arrow"))),
                .. task % 1_000 == 999 ? (GraphRunCommand[])[] : [new LeaseTask(new TaskSlot(0, task), new CompleteAttempt(1, 1, """{"ok":true}"""))],
            ]);
            await run.DoAsync([.. commands]);
        }

        Assert.True(storage.Names(run.Grain).Sum(name => (long)run.Text(name).Length) > 12_000_000);
        foreach (var task in (int[])[999, 49_999, 99_999])
        {
            bytes = 0;
            await run.DoAsync(new LeaseTask(new TaskSlot(0, task), new CompleteAttempt(1, 1, """{"ok":true}""")));
            Assert.InRange(bytes, 1, 20_000);
        }

        var written = run.State;
        await run.ReloadAsync();
        Assert.Equal((RunStatus.Running, 100_000L, 99_903), (run.State.Status, run.State.AcceptedCount, run.State.Nodes[0].CompletedCount));
        Assert.Equal(written.Active, run.State.Active);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Commit_OfARunWith10MegabytesOfResults_WritesWhatChangedAndNotWhatItHolds(bool batches)
    {
        const int count = 200;
        const int resultChars = 60_000;
        var storage = batches ? new JsonBatchStorage() : new JsonGrainStorage();
        var bytes = 0L;
        storage.AfterWrite = (_, json) => bytes += json.Length;
        var run = new StoredRun(storage, $$"""{"name":"x","nodes":[{"id":"a","role":"r","tasks":{{count}}}]}""");
        await run.DoAsync(run.Submit());
        await run.DoAsync([.. Enumerable.Range(0, count).Select(task => new LeaseTask(new TaskSlot(0, task), new GrantLease(new WorkerId("w"), "s")))]);
        for (var task = 0; task < count - 1; task++)
        {
            // Each first known to the store by this commit, or by one before a reload.
            bytes = 0;
            var result = task % 10 == 9 ? "1" : $"\"{new string('x', resultChars)}\"";
            await run.DoAsync(new LeaseTask(new TaskSlot(0, task), new CompleteAttempt(1, 0, result)));
            Assert.InRange(bytes, 1, result.Length + 20_000);
            if (task == count / 2)
            {
                await run.ReloadAsync();
            }
        }

        Assert.True(storage.Names(run.Grain).Sum(name => (long)run.Text(name).Length) > 10_000_000);
        var written = StoredRun.Describe(run.State);
        await run.ReloadAsync();
        Assert.Equal(written, StoredRun.Describe(run.State));
        Assert.Equal(180, run.Names.Count(name => name.StartsWith("run-result-", StringComparison.Ordinal)));
    }
}
