using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Arrow;
using OrleansFlow.Client;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Worker.Hosting;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>
/// Goal: 10 000 batches stream from one node to another, none lost and none doubled, whatever happens to the reader. Method: a silo on SQLite,
/// artifact files, workers over gRPC, one of them over a wire that is cut. Three nodes read the same batches while they are made; no number
/// is made twice, so what the readers copied shows each loss and each repetition.
/// </summary>
public sealed class UpstreamBatchesTests
{
    private const int Batches = 10_000;
    private const int Numbers = 30_000;

    /// <summary>0 + 1 + ... + 29 999.</summary>
    private const long Sum = 449_985_000;

    /// <summary>Batches whose outputs a lost worker may have made without having them confirmed: eight that await a receipt, one that is being filled.</summary>
    private const int UnconfirmedMax = 9 * LedgerHandler.BatchesPerOutput;

    private const string Document =
        """
        {"name":"stream","nodes":[
          {"id":"feed","role":"feed","tasks":20,"params":{"batches":500,"rows":3}},
          {"id":"steady","role":"ledger","depends_on":["feed"],"start_when":"first_batch","input":{"adapter":"pull.from_artifacts"}},
          {"id":"retried","role":"ledger","depends_on":["feed"],"start_when":"first_batch","input":{"adapter":"pull.from_artifacts"},
           "retry":{"max":1,"backoff_sec":0}},
          {"id":"taken","role":"ledger.taken","depends_on":["feed"],"start_when":"first_batch","input":{"adapter":"pull.from_artifacts"}}]}
        """;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Batches_10000_ReachASteadyARetriedAndATakenOverReaderOnceEach()
    {
        await using var silo = await RunningSilo.StartAsync(options =>
        {
            options.WorkerSlots = 0;
            options.ConfigureLeases = leases => leases.ReconnectGrace = TimeSpan.FromMilliseconds(50);
        });
        await using var wire = new CutWire(new Uri(silo.Host.Endpoints.GrpcUrl));
        var (begun, cut) = (Signal(), Signal());
        var mishaps = new LedgerMishaps()
            .At("steady", 1, 1, begun.SetResult)
            .At("retried", 1, 6_000, () => throw new TimeoutException("a system that it needs does not answer"))
            .At("taken", 1, 4_000, () =>
            {
                wire.Cut();
                cut.SetResult();
            })
            .At("taken", 2, 1, wire.Heal);
        await using var stays = await RemoteWorker.StartAsync(silo, "stays", 24, AddStreaming);
        await using var lost = await RemoteWorker.StartAsync(silo, "lost", 1, AddTaken, wire.Url);

        var run = await silo.Client.SubmitGraphAsync(Document, new SubmitOptions { AllowUnknownRoles = true }, CancellationToken);
        await cut.Task.WaitAsync(CancellationToken);
        await using var heir = await RemoteWorker.StartAsync(silo, "heir", 1, AddTaken);
        var ended = await silo.Client.WaitForRunAsync(run, CancellationToken);

        Assert.Equal((RunStatus.Completed, null), (ended.Status, ended.Failure));
        var feed = ended.Nodes.Single(node => node.NodeId == "feed");
        Assert.Equal((Batches, Numbers), (feed.Batches, feed.Rows));
        Assert.Equal((1, 1L, "stays"), AttemptOf(ended, "steady"));
        Assert.Equal((2, 2L, "stays"), AttemptOf(ended, "retried"));
        Assert.Equal((2, 2L, "heir"), AttemptOf(ended, "taken"));
        foreach (var node in (string[])["steady", "retried", "taken"])
        {
            await AssertGotEachOnceAsync(silo.Client, run, node);
        }

        // Each went on behind its last output, rather than from the start.
        Assert.Equal(Batches, mishaps.GivenTo("steady", 1));
        Assert.Equal((6_000, Batches - 5_950), (mishaps.GivenTo("retried", 1), mishaps.GivenTo("retried", 2)));
        Assert.InRange(mishaps.GivenTo("taken", 2), Batches - mishaps.GivenTo("taken", 1), Batches - 4_000 + UnconfirmedMax);

        void AddStreaming(WorkerBuilder worker) => worker
            .AddHandler<StreamedNumbersHandler>("feed").AddHandler<LedgerHandler>("ledger")
            .Services.AddSingleton(mishaps).AddSingleton(new StreamedNumbersHandler.Readers(begun.Task));

        void AddTaken(WorkerBuilder worker) => worker.AddHandler<LedgerHandler>("ledger.taken").Services.AddSingleton(mishaps);
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static (int Attempt, long Epoch, string Worker) AttemptOf(RunView run, string node)
    {
        var task = run.Nodes.Single(one => one.NodeId == node).Tasks[0];
        return (task.Attempt, task.Epoch, task.Worker.Value);
    }

    private static async Task AssertGotEachOnceAsync(FlowClient client, RunId run, string node)
    {
        List<long> got = [];
        await using var result = await client.GetResultAsync(run, node, CancellationToken);
        await foreach (var batch in result.ReadBatchesAsync(CancellationToken))
        {
            using var owned = batch;
            got.AddRange(batch.Column<Int64Array>("n").Values);
        }

        Assert.Equal((Numbers, Sum), (got.Count, got.Sum()));
        got.Sort();
        Assert.Equal(Enumerable.Range(0, Numbers).Select(number => (long)number), got);
    }
}
