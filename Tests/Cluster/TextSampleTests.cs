using OrleansFlow.Client;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Cluster;

/// <summary>Goal: the text sample does what its page says, also when its worker is killed in the middle. Method: its own processes and its own graph.</summary>
public sealed class TextSampleTests : IDisposable
{
    private const int WatchdogMs = 600_000;
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("flow-text-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = WatchdogMs)]
    public async Task Sample_CountsTheWordsOfItsText()
    {
        await using var silo = await StartSiloAsync();
        var gateway = await silo.WaitForLineAsync("gateway", Cancellation);
        await using var worker = FlowProcess.Text("only", gateway);
        await using var client = FlowClient.Connect(gateway);

        var run = await client.SubmitGraphAsync(TextSample.Document, new SubmitOptions { AllowUnknownRoles = true }, Cancellation);
        var ended = await client.WaitForRunAsync(run, Cancellation);

        Assert.Equal(RunStatus.Completed, ended.Status);
        Assert.Equal(TextSample.Answer(TextSample.LineCount(4, 90, copies: 1)), ended.Nodes.Single(node => node.NodeId == "merge").Tasks[0].ResultJson);
    }

    /// <summary>One worker after the other is killed while it splits, counts and scores; each next one goes on from what stands.</summary>
    [Fact(Timeout = WatchdogMs)]
    public async Task Sample_WhoseWorkersAreKilledOneAfterTheOther_GivesTheSameAnswer()
    {
        const int Tasks = 4, LinesPerTask = 90, LinesPerBatch = 3, Kills = 3;
        await using var silo = await StartSiloAsync();
        var gateway = await silo.WaitForLineAsync("gateway", Cancellation);
        await using var client = FlowClient.Connect(gateway);
        var document = TextSample.SlowDocument(Tasks, LinesPerTask, LinesPerBatch, TimeSpan.FromMilliseconds(100));
        var run = await client.SubmitGraphAsync(document, new SubmitOptions { AllowUnknownRoles = true }, Cancellation);
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var worker = FlowProcess.Text($"worker-{kill}", gateway, slots: 8);
            await WhenDeliveredAsync(client, run, "split", $"worker-{kill}", batches: 10);
            await worker.KillAsync();
        }

        await using var last = FlowProcess.Text("last", gateway, slots: 8);
        var ended = await client.WaitForRunAsync(run, Cancellation);

        Assert.Equal(RunStatus.Completed, ended.Status);
        var lines = TextSample.LineCount(Tasks, LinesPerTask, TextSample.CopiesFor(Tasks, LinesPerTask));
        Assert.Equal(TextSample.Answer(lines), ended.Nodes.Single(node => node.NodeId == "merge").Tasks[0].ResultJson);
        Assert.Equal(((long)Tasks * LinesPerTask / LinesPerBatch, lines), (ended.Nodes[0].Batches, ended.Nodes[0].Rows));
        Assert.All(ended.Nodes.Where(node => node.NodeId is "split" or "count" or "score").SelectMany(node => node.Tasks), task => Assert.Equal(Kills + 1, task.Epoch));
    }

    public void Dispose() => _data.Delete(recursive: true);

    /// <summary>Waits until a worker has delivered so many batches and everything that can be under way is.</summary>
    private static async Task WhenDeliveredAsync(FlowClient client, RunId run, string node, string worker, int batches)
    {
        var count = 0;
        await foreach (var change in client.WatchRunAsync(run, Cancellation))
        {
            count += change is RunChange.BatchAccepted batch && batch.Lease.TaskId.Node == node && batch.Worker.Value == worker ? 1 : 0;
            if (count >= batches && (await client.GetRunAsync(run, Cancellation)).Nodes.Take(3).All(one => one.LeasedCount == one.TaskCount))
            {
                return;
            }
        }

        Assert.Fail($"The run ended before '{worker}' had delivered {batches} batches.");
    }

    private async Task<FlowProcess> StartSiloAsync()
    {
        var silo = FlowProcess.Flow(null, "silo", "--data", _data.FullName, "--port", "0", "--http-port", "0");
        await silo.WaitForLineAsync("ready", Cancellation);
        return silo;
    }
}
