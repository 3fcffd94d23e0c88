using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>The id of a deleted run stands for another run: what workers still have of the first is not for the second.</summary>
public sealed class DeletedRunTests
{
    private const string Nodes = """{"id":"a","role":"r","tasks":2}""";

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NewRunOfADeletedId_RefusesTheReportsOfTheDeletedOne_AlsoAfterACrash(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var worker = await cluster.StartWorkerAsync("w1", 8, "r");
        var last = new SortedDictionary<string, LeaseGrant>(StringComparer.Ordinal);
        for (var round = 1; round <= 3; round++)
        {
            await cluster.SubmitAsync("r1", Nodes);
            var grants = new SortedDictionary<string, LeaseGrant>(StringComparer.Ordinal);
            while (grants.Count < 2)
            {
                foreach (var grant in await worker.NextOffersAsync())
                {
                    grants[grant.Token.TaskId.Value] = grant;
                }
            }

            // Both tasks start above what either of them had.
            Assert.All(grants.Values, grant => Assert.Equal(round, grant.Token.Epoch));
            if (round == 2)
            {
                await cluster.CrashAsync();
            }

            foreach (var old in last.Values)
            {
                var late = new AttemptOutcome { Token = old.Token, End = AttemptEnd.Completed };
                Assert.Equal(new EffectReceipt(false, "lease_lost"), await cluster.Run("r1").CompleteAsync(late, FlowCluster.Token));
                Assert.Equal(new EffectReceipt(false, "lease_lost"), await cluster.Run("r1").ReportBatchAsync(TestWorker.Report(old, 0), FlowCluster.Token));
            }

            if (round == 2)
            {
                // What the crash left: a lease of the new run, which still counts.
                Assert.True((await cluster.Run("r1").CompleteAsync(new AttemptOutcome { Token = grants.Values.First().Token, End = AttemptEnd.Completed }, FlowCluster.Token)).Accepted);
                worker = await cluster.StartWorkerAsync("w2", 8, "r");
            }

            await cluster.Run("r1").CancelAsync("enough", FlowCluster.Token);
            Assert.Equal(RunStatus.Cancelled, (await cluster.WhenEndedAsync("r1")).Status);
            Assert.True(await cluster.Run("r1").DeleteAsync(FlowCluster.Token));
            Assert.Null(await cluster.Run("r1").GetAsync(FlowCluster.Token));
            last = grants;
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task DeletedRun_ThatNeverGaveALease_LeavesNothing()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await cluster.SubmitAsync("r1", Nodes);
        await cluster.Run("r1").CancelAsync("enough", FlowCluster.Token);
        await cluster.WhenEndedAsync("r1");

        await cluster.Run("r1").DeleteAsync(FlowCluster.Token);

        Assert.Empty(cluster.Storage.Names(cluster.Run("r1").GetGrainId()));
    }
}
