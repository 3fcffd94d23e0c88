using System.Text.Json.Nodes;
using OrleansFlow.Client;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Cluster;

/// <summary>
/// Goal: artifacts whose holder is gone for good are made again by re-running whoever made them, as far up as it takes. Method: the text sample's
/// graph waits at a gate before its last node; its worker is killed (SIGKILL), its folder and the artifact folder deleted, and another worker goes on.
/// </summary>
public sealed class LostArtifactsTests : IDisposable
{
    private const int WatchdogMs = 600_000;

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("flow-lost-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = WatchdogMs)]
    public async Task KilledWorkerAndDeletedArtifacts_AreMadeAgainUpTheGraph_AndTheAnswerIsRight()
    {
        var folder = Path.Combine(_data.FullName, "silo");
        await using var silo = FlowProcess.Flow(null, "silo", "--data", folder, "--port", "0", "--http-port", "0");
        var gateway = await silo.WaitForLineAsync("gateway", Cancellation);
        await using var client = FlowClient.Connect(gateway);
        RunId run;
        await using (var worker = Worker("first", gateway))
        {
            run = await client.SubmitGraphAsync(Document(), new SubmitOptions { AllowUnknownRoles = true }, Cancellation);
            await foreach (var _ in client.WatchRunAsync(run, Cancellation))
            {
                if ((await client.GetRunAsync(run, Cancellation)).Nodes.Where(node => node.NodeId is "split" or "count" or "score").All(node => node.Status == RunStatus.Completed))
                {
                    break;
                }
            }

            await worker.KillAsync();
        }

        Directory.Delete(Path.Combine(_data.FullName, "first"), recursive: true);
        Directory.Delete(Path.Combine(folder, "artifacts", run.Value), recursive: true);
        await client.AnswerGateAsync(run, "gate", approved: true, cancellationToken: Cancellation);
        await using var second = Worker("second", gateway);
        var ended = await client.WaitForRunAsync(run, Cancellation);

        var lines = TextSample.LineCount(4, 90, 1);
        Assert.Equal((RunStatus.Completed, null), (ended.Status, ended.Failure));
        Assert.Equal(TextSample.Answer(lines), ended.Nodes.Single(node => node.NodeId == "merge").Tasks[0].ResultJson);

        // Counted once, made twice; and the node that read waited without spending a retry.
        var split = ended.Nodes.Single(node => node.NodeId == "split");
        Assert.Equal((lines, lines), (split.Rows, (long)split.Metrics!["lines"]));
        Assert.Equal([(2L, "second")], split.Tasks.Where(task => task.Batches > 0).Select(task => (task.Epoch, task.Worker.Value)).Distinct());
        foreach (var id in (string[])["split", "count", "score"])
        {
            Assert.Contains(ended.Nodes.Single(node => node.NodeId == id).History, change => change is { To: RunStatus.Running, Reason: "artifact_lost" });
        }
    }

    public void Dispose() => _data.Delete(recursive: true);

    private static string Document()
    {
        var graph = JsonNode.Parse(TextSample.Document)!;
        var nodes = graph["nodes"]!.AsArray();
        nodes.Add(JsonNode.Parse("""{"id":"gate","approval":{},"depends_on":["count","score"]}"""));
        nodes.Single(node => (string)node!["id"]! == "merge")!["depends_on"]!.AsArray().Add("gate");
        return graph.ToJsonString();
    }

    private FlowProcess Worker(string id, string gateway) => FlowProcess.Sample(
        "OrleansFlow.Samples.Text",
        new Dictionary<string, string>
        {
            ["OrleansFlow__Worker__WorkerId"] = id,
            ["OrleansFlow__Worker__Gateway"] = gateway,
            ["OrleansFlow__Worker__Slots"] = "4",
            ["OrleansFlow__Worker__TempFolder"] = Path.Combine(_data.FullName, id),
        });
}
