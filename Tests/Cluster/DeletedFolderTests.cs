using System.Globalization;
using System.Text.Json.Nodes;
using OrleansFlow.Client;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Cluster;

/// <summary>
/// Goal: a worker keeps nothing on its own disk that the control plane cannot rebuild. Method: the text sample's worker is killed (SIGKILL) in the
/// middle of its tasks, its folder deleted or left, and a process of the same id goes on.
/// </summary>
public sealed class DeletedFolderTests : IDisposable
{
    private const int WatchdogMs = 600_000;
    private const int Tasks = 6;
    private const int LinesPerTask = 40;
    private const int LinesPerBatch = 5;

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("flow-folder-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Scratch => Path.Combine(_data.FullName, "scratch");

    [Theory(Timeout = WatchdogMs)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task KilledWorker_WhateverBecomesOfItsFolder_GoesOnWithItsLeases(bool deletesFolder)
    {
        await using var silo = FlowProcess.Flow(null, "silo", "--data", Path.Combine(_data.FullName, "silo"), "--port", "0", "--http-port", "0");
        var gateway = await silo.WaitForLineAsync("gateway", Cancellation);
        await using var client = FlowClient.Connect(gateway);
        RunId run;
        await using (var worker = Worker(gateway))
        {
            run = await client.SubmitGraphAsync(Document(), new SubmitOptions { AllowUnknownRoles = true }, Cancellation);
            await foreach (var _ in client.WatchRunAsync(run, Cancellation))
            {
                if ((await client.GetRunAsync(run, Cancellation)).Nodes[0] is { Batches: >= Tasks, LeasedCount: Tasks })
                {
                    break;
                }
            }

            await worker.KillAsync();
        }

        Assert.True(Directory.Exists(Path.Combine(Scratch, "same")));
        if (deletesFolder)
        {
            Directory.Delete(Scratch, recursive: true);
        }

        await using var again = Worker(gateway);
        var ended = await client.WaitForRunAsync(run, Cancellation);

        var lines = TextSample.LineCount(Tasks, LinesPerTask, TextSample.CopiesFor(Tasks, LinesPerTask));
        Assert.Equal((RunStatus.Completed, null), (ended.Status, ended.Failure));
        Assert.Equal(TextSample.Answer(lines), ended.Nodes.Single(node => node.NodeId == "merge").Tasks[0].ResultJson);
        var split = ended.Nodes.Single(node => node.NodeId == "split");
        Assert.Equal((lines, lines), (split.Rows, (long)split.Metrics!["lines"]));

        // Their leases stood, so the same ones were gone on with.
        Assert.All(split.Tasks, task => Assert.Equal((1L, 1), (task.Epoch, task.Attempt)));
    }

    public void Dispose() => _data.Delete(recursive: true);

    private static string Document()
    {
        var graph = JsonNode.Parse(TextSample.SlowDocument(Tasks, LinesPerTask, LinesPerBatch, TimeSpan.FromMilliseconds(500)))!;
        foreach (var node in graph["nodes"]!.AsArray())
        {
            node!["grace"] = "lease";
        }

        return graph.ToJsonString();
    }

    private FlowProcess Worker(string gateway) => FlowProcess.Sample(
        "OrleansFlow.Samples.Text",
        new Dictionary<string, string>
        {
            ["OrleansFlow__Worker__WorkerId"] = "same",
            ["OrleansFlow__Worker__Gateway"] = gateway,
            ["OrleansFlow__Worker__Slots"] = (Tasks + 4).ToString(CultureInfo.InvariantCulture),
            ["OrleansFlow__Worker__TempFolder"] = Scratch,
        });
}
