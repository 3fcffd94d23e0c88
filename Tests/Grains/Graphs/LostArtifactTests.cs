using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Arrow;
using OrleansFlow.Artifacts;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>Files that are gone are made again by whoever made them, over crashes of the silo too.</summary>
public sealed class LostArtifactTests
{
    private const int Watchdog = 60_000;
    private const string Chain = """{"id":"a","role":"r","retry":{"max":0}},{"id":"b","role":"s","depends_on":["a"],"retry":{"max":0}}""";

    [Theory(Timeout = Watchdog)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task LostInput_IsMadeAgain_AlsoWhenTheSiloDiesMeanwhile(bool batches, bool crashes)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var maker = await cluster.StartWorkerAsync("w1", 1, "r");
        var reader = await cluster.StartWorkerAsync("w2", 1, "s");
        await cluster.SubmitAsync("r1", Chain);
        var first = await maker.NextOfferAsync();
        for (var index = 0; index < 3; index++)
        {
            await maker.BatchAsync(first, index);
        }

        await maker.CompleteAsync(first, 3);
        var reading = await reader.NextOfferAsync();

        Assert.True((await reader.LoseAsync(reading, new LostBatch("a", 0, 1, "r1/a/0/1.e1.arrow"))).Accepted);

        var again = await maker.NextOfferAsync();
        Assert.Equal(("r1/a/0", 2L, 0, 0L), (again.Token.TaskId.Value, again.Token.Epoch, again.AcceptedBatches, again.TotalRows));
        await maker.BatchAsync(again, 0);
        if (crashes)
        {
            await maker.DisconnectAsync(clean: true);
            await reader.DisconnectAsync(clean: true);
            await cluster.CrashAsync();
            await cluster.Run("r1").RecoverAsync(FlowCluster.Token);
            maker = await cluster.StartWorkerAsync("w3", 1, "r");
            reader = await cluster.StartWorkerAsync("w4", 1, "s");
            again = await maker.NextOfferAsync();

            // Only what was made again need not be made once more.
            Assert.Equal((3L, 1, 10L), (again.Token.Epoch, again.AcceptedBatches, again.TotalRows));
        }

        Assert.False((await maker.BatchAsync(first, 1)).Accepted);
        await maker.BatchAsync(again, 1);
        await maker.BatchAsync(again, 2);
        await maker.CompleteAsync(again, 3);
        var whole = await reader.NextOfferAsync();
        Assert.Equal(("r1/b/0", 2L), (whole.Token.TaskId.Value, whole.Token.Epoch));
        await reader.CompleteAsync(whole);
        await cluster.WhenEndedAsync("r1");
        await cluster.CrashAsync();

        var run = (await cluster.Run("r1").GetAsync(FlowCluster.Token))!;
        Assert.Equal((RunStatus.Completed, 3L, 30L, 30.0), (run.Status, run.Nodes[0].Batches, run.Nodes[0].Rows, run.Nodes[0].Metrics!["rows"]));
        Assert.Contains(run.Nodes[0].History, change => change is { From: RunStatus.Completed, To: RunStatus.Running, Reason: "artifact_lost" });
        var page = await cluster.Run("r1").GetArtifactsAsync("a", 0, 10, FlowCluster.Token);
        var last = crashes ? 3 : 2;
        Assert.Equal(["r1/a/0/0.e2.arrow", $"r1/a/0/1.e{last}.arrow", $"r1/a/0/2.e{last}.arrow"], page.Batches.Select(batch => batch.Path));
        Assert.Equal([1L, 2L, 3L], page.Batches.Select(batch => batch.Sequence));
    }

    [Fact(Timeout = Watchdog)]
    public async Task InputThatTheSiloCanRead_IsAFailureOfTheAttempt()
    {
        var store = new ScriptedStore();
        await using var cluster = await FlowCluster.StartAsync(configure: (silo, _) => silo?.Services.AddSingleton<IArtifactStore>(store));
        var worker = await cluster.StartWorkerAsync("w1", 1, "r", "s");
        await cluster.SubmitAsync("r1", Chain);
        var first = await worker.NextOfferAsync();
        await worker.BatchAsync(first, 0);
        await worker.CompleteAsync(first, 1);

        await worker.LoseAsync(await worker.NextOfferAsync(), new LostBatch("a", 0, 0, "r1/a/0/0.e1.arrow"));

        var run = await cluster.WhenEndedAsync("r1");
        Assert.Equal((RunStatus.Failed, "artifact_lost", 1L), (run.Status, run.Failure!.Reason, run.Nodes[0].Tasks[0].Epoch));
    }

    [Fact(Timeout = Watchdog)]
    public async Task WholeFolderGone_EveryTaskThatWroteThereIsFoundAtOnce()
    {
        var store = new ScriptedStore();
        await using var cluster = await FlowCluster.StartAsync(configure: (silo, _) => silo?.Services.AddSingleton<IArtifactStore>(store));
        var maker = await cluster.StartWorkerAsync("w1", 4, "r");
        var reader = await cluster.StartWorkerAsync("w2", 1, "s");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r","tasks":3},{"id":"b","role":"s","depends_on":["a"]}""");
        await MakeAsync(maker, 3);
        var reading = await reader.NextOfferAsync();
        store.Gone = ["r1/a/0/0.e1.arrow", "r1/a/2/0.e1.arrow"];

        await reader.LoseAsync(reading, new LostBatch("a", 2, 0, "r1/a/2/0.e1.arrow"));

        Assert.Equal(["r1/a/0", "r1/a/2"], await MakeAsync(maker, 2));
        await reader.CompleteAsync(await reader.NextOfferAsync());
        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("r1")).Status);
    }

    private static async Task<IEnumerable<string>> MakeAsync(TestWorker worker, int count)
    {
        var made = new List<string>();
        while (made.Count < count)
        {
            foreach (var grant in await worker.NextOffersAsync())
            {
                await worker.BatchAsync(grant, 0);
                await worker.CompleteAsync(grant, 1);
                made.Add(grant.Token.TaskId.Value);
            }
        }

        return made.Order(StringComparer.Ordinal);
    }

    /// <summary>A store of empty files, some of which are gone.</summary>
    private sealed class ScriptedStore : IArtifactStore
    {
        public IReadOnlyList<string> Gone { get; set; } = [];

        public ValueTask<StoredArtifact> WriteAsync(TaskId task, long epoch, int index, RecordBatch batch, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("The silo writes no artifacts.");

        public IArtifactReader OpenRead(string path) => Gone.Contains(path) ? throw new FlowException(FlowErrorCode.ArtifactLost, path) : new Empty();

        private sealed class Empty : IArtifactReader
        {
            public ArrowSchema Schema { get; } = new([]);

            public int BatchCount => 0;

            public RecordBatch ReadBatch(int index) => throw new ArgumentOutOfRangeException(nameof(index));

            public void Dispose()
            {
                // Nothing is open.
            }
        }
    }
}
