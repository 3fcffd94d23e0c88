using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using OrleansFlow.Graphs;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Cluster;

/// <summary>
/// Goal: a cluster that loses the silo in which a run lives goes on in the others, with the same answer and the lease rules kept. Method: three
/// silos of one process over one store, each with a worker of its own; when every slot is taken by a task that has delivered one batch and waits,
/// the run's silo is killed, its worker with it.
/// </summary>
public sealed class ThreeSilosTests
{
    private const int WatchdogMs = 600_000;
    private const int SiloCount = 3;
    private const int SlotsPerWorker = 2;
    private const int TaskCount = 30;
    private const long RowCount = TaskCount * PiecesHandler.BatchCount * PiecesHandler.RowCount;

    private const string Document = """
        {"name":"pieces","vars":{"n":0},"nodes":[
          {"id":"pieces","role":"pieces","tasks":30},
          {"id":"total","role":"total","depends_on":["pieces"],"start_when":"first_batch"},
          {"id":"count","fn":"vars.incr","args":{"key":"n"},"depends_on":["pieces"]}]}
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = WatchdogMs)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Run_WhoseSiloIsKilledInItsMiddle_GivesTheSameAnswerWithTheLeaseRulesKept(int kills)
    {
        var gate = new Floodgate();
        await using var cluster = await StartAsync(gate);
        var run = cluster.Client.GetGrain<IGraphRunGrain>("in-three-silos");
        await run.SubmitAsync(new RunSubmission { DocumentJson = Document }, Cancellation);
        var lost = new Dictionary<TaskId, long>();

        for (var stage = 0; stage < TaskCount / PiecesHandler.TasksPerStage; stage++)
        {
            var halted = await WhenSlotsAreTakenAsync(cluster, run, stage);
            if (stage < kills)
            {
                Assert.True(cluster.TryGetGrainContext(run.GetGrainId(), out var activation));
                var silo = cluster.GetSiloForAddress(activation.Address.SiloAddress!)!;
                foreach (var task in halted.Where(task => task.Worker.Value == silo.Name))
                {
                    lost[task.TaskId] = task.Epoch;
                }

                await cluster.KillSiloAsync(silo);
                await cluster.StartAdditionalSiloAsync();
            }

            gate.Open(stage);
        }

        var ended = await WhenAsync(run, view => view.Status is RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled);
        Assert.Equal((RunStatus.Completed, """{"n":1}"""), (ended.Status, ended.VariablesJson));
        Assert.Equal($"{RowCount * (RowCount - 1) / 2}", ended.Nodes.Single(node => node.NodeId == "total").Tasks[0].ResultJson);
        var pieces = ended.Nodes[0];
        Assert.Equal(
            ((long)TaskCount * PiecesHandler.BatchCount, RowCount, (double)TaskCount * PiecesHandler.BatchCount),
            (pieces.Batches, pieces.Rows, pieces.Metrics!["pieces"]));
        Assert.True(lost.Count >= kills, $"{lost.Count} leases were lost.");
        Assert.All(lost, one => Assert.True(pieces.Tasks[one.Key.Index].Epoch > one.Value, $"{one.Key} ended with the epoch {one.Value} of a dead worker."));
        await AssertEachBatchStandsOnceAsync(run);
    }

    private static async Task AssertEachBatchStandsOnceAsync(IGraphRunGrain run)
    {
        var page = await run.GetArtifactsAsync("pieces", 0, ArtifactPage.BatchesMax, Cancellation);
        Assert.True(page.Complete);
        Assert.Equal(
            Enumerable.Range(0, TaskCount).SelectMany(task => Enumerable.Range(0, PiecesHandler.BatchCount).Select(index => (task, index))),
            page.Batches.Select(batch => (batch.TaskIndex, batch.Index)));

        // Within a task later batches are of the same lease or of a later one, never of an earlier.
        foreach (var task in page.Batches.GroupBy(batch => batch.TaskIndex))
        {
            var epochs = task.Select(batch => EpochOf(batch.Path)).ToList();
            Assert.Equal(epochs.Order(), epochs);
        }
    }

    /// <summary>Paths end with the number of the batch and the epoch that made it: <c>3.e2.arrow</c>.</summary>
    private static long EpochOf(string path) =>
        long.Parse(Path.GetFileNameWithoutExtension(path).Split(".e")[^1], System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<InProcessTestCluster> StartAsync(Floodgate gate)
    {
        var builder = new InProcessTestClusterBuilder(SiloCount);
        builder.ConfigureSilo((options, silo) =>
        {
            silo.AddOrleansFlow();
            silo.Services.AddSingleton(gate);

            // The grain of a dead worker may live in another silo, which hears of no closed stream: then the lease itself has to end.
            silo.Services.Configure<LeaseOptions>(leases => (leases.Duration, leases.HeartbeatInterval) = (TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2)));
            silo.Services.AddInProcessFlowWorker(worker => (worker.WorkerId, worker.Slots) = (options.SiloName, SlotsPerWorker))
                .AddHandler<PiecesHandler>("pieces")
                .AddHandler<TotalHandler>("total");
        });
        var cluster = builder.Build();
        await cluster.DeployAsync(Cancellation);
        return cluster;
    }

    /// <summary>Waits until as many tasks as there are slots have delivered a batch and wait for their stage.</summary>
    private static async Task<List<TaskView>> WhenSlotsAreTakenAsync(InProcessTestCluster cluster, IGraphRunGrain run, int stage)
    {
        List<TaskView> halted = [];
        await WhenAsync(run, view =>
        {
            halted = [.. view.Nodes[0].Tasks.Where(task => task is { Status: FlowTaskStatus.Leased, Batches: > 0 } && task.TaskId.Index / PiecesHandler.TasksPerStage >= stage)];
            return halted.Count + view.Nodes[1].LeasedCount >= cluster.Silos.Count * SlotsPerWorker;
        });
        return halted;
    }

    /// <summary>Looks at the run after each of its changes.</summary>
    private static async Task<RunView> WhenAsync(IGraphRunGrain run, Func<RunView, bool> condition)
    {
        while (true)
        {
            try
            {
                await foreach (var _ in run.WatchAsync(Cancellation))
                {
                    if (await run.GetAsync(Cancellation) is { } view && condition(view))
                    {
                        return view;
                    }
                }
            }
            catch (OrleansException)
            {
                // The silo of the run was killed; the next call finds the run in another one.
                Cancellation.ThrowIfCancellationRequested();
            }
        }
    }
}
