using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>The sample worker in JavaScript, a process of its own, against a real gateway: the worker protocol needs nothing of .NET.</summary>
public sealed class JavaScriptWorkerTests
{
    private const int Watchdog = 240_000;

    private static readonly string Script = RepositoryRoot.Combine("samples", "worker-js", "worker.js");

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog)]
    public async Task Worker_InJavaScript_RunsItsRolesAndDrains()
    {
        await using var silo = await RunningSilo.StartAsync(options => options.WorkerSlots = 0);
        await using var worker = await StartAsync(silo, "js-1");

        var view = await silo.Client.GetWorkerAsync(new WorkerId("js-1"), CancellationToken);
        Assert.Equal((WorkerLiveness.Online, "1.0", "javascript"), (view.Liveness, view.Version, view.Labels["language"]));
        var run = await RunAsync(
            silo,
            """
            {"name":"words","nodes":[
              {"id":"cut","role":"js.words","labels":{"language":"javascript"},"params":{"text":"to be or\nnot to be\nbe"}},
              {"id":"count","role":"js.count","depends_on":["cut"],"start_when":"first_batch"}]}
            """);
        Assert.Equal(RunStatus.Completed, run.Status);
        Assert.Equal("""{"lines":3}""", run.Nodes[0].Tasks[0].ResultJson);
        Assert.Equal("""{"be":3,"not":1,"or":1,"to":2}""", run.Nodes[1].Tasks[0].ResultJson);
        Assert.Equal((3, 7), (run.Nodes[0].Batches, run.Nodes[0].Rows));

        var failed = await RunAsync(silo, """{"name":"bad","nodes":[{"id":"cut","role":"js.words","params":{"text":7}}]}""");
        Assert.Equal(("bad_input", true), (failed.Failure!.Reason, failed.Failure.Permanent));

        await silo.Client.DrainWorkerAsync(new WorkerId("js-1"), "test", CancellationToken);
        Assert.Equal("drained", await worker.ReadLineAsync(CancellationToken));
        Assert.Equal(WorkerLiveness.Offline, (await silo.Client.GetWorkerAsync(new WorkerId("js-1"), CancellationToken)).Liveness);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Worker_InJavaScript_KilledInMidTask_IsTakenOverWhereItStood()
    {
        await using var silo = await RunningSilo.StartAsync(options => options.WorkerSlots = 0);
        await using var first = await StartAsync(silo, "js-1");
        await using var second = await StartAsync(silo, "js-2");
        var runId = await silo.Client.SubmitGraphAsync(
            """{"name":"words","nodes":[{"id":"cut","role":"js.words","params":{"text":"a\nb\nc\nd","delay_ms":500}},{"id":"count","role":"js.count","depends_on":["cut"]}]}""",
            cancellationToken: CancellationToken);
        await foreach (var change in silo.Client.WatchRunAsync(runId, CancellationToken))
        {
            if (change is Client.RunChange.BatchAccepted batch)
            {
                await (batch.Worker == new WorkerId("js-1") ? first : second).DisposeAsync();
                break;
            }
        }

        var run = await silo.Client.WaitForRunAsync(runId, CancellationToken);
        Assert.Equal(RunStatus.Completed, run.Status);
        Assert.Equal((4, 2L), (run.Nodes[0].Batches, run.Nodes[0].Tasks[0].Epoch));
        Assert.Equal("""{"a":1,"b":1,"c":1,"d":1}""", run.Nodes[1].Tasks[0].ResultJson);
    }

    private static async Task<RunView> RunAsync(RunningSilo silo, string document) =>
        await silo.Client.WaitForRunAsync(await silo.Client.SubmitGraphAsync(document, cancellationToken: CancellationToken), CancellationToken);

    private static async Task<NodeServer> StartAsync(RunningSilo silo, string id)
    {
        var worker = await NodeTool.StartAsync(Script, [silo.Host.Endpoints.GrpcUrl, id], CancellationToken);
        Assert.StartsWith($"registered {id} ", worker.FirstLine, StringComparison.Ordinal);
        return worker;
    }
}
