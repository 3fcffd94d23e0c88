using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansFlow.Client;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Cluster;

/// <summary>
/// Goal: whatever is killed, every task ends once, with its effects counted once. Method: the text sample's workers and a silo as processes of
/// their own; kills (SIGKILL) follow what the run itself shows, never a time.
/// </summary>
public sealed class KilledProcessesTests : IDisposable
{
    private const int WatchdogMs = 600_000;
    private const int Tasks = 200;
    private const int LinesPerTask = 26;
    private const int LinesPerBatch = 5;
    private const int BatchesPerTask = 6;

    /// <summary>Three workers hold all that the run can have under way: 200 tasks that split, two that count, one that scores.</summary>
    private const int Slots = 70;

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("flow-killed-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = WatchdogMs)]
    public async Task TwoWorkersThenTheSiloKilledWith200TasksInFlight_EveryTaskEndsOnceAndTheCountsAreExact()
    {
        var port = FreePort();
        await using var firstSilo = await StartSiloAsync(port);
        var gateway = await firstSilo.WaitForLineAsync("gateway", Cancellation);
        await using var first = FlowProcess.Text("first", gateway, Slots);
        await using var second = FlowProcess.Text("second", gateway, Slots);
        await using var third = FlowProcess.Text("third", gateway, Slots);
        RunId run;
        IReadOnlyList<TaskView> inFlight;
        await using (var client = FlowClient.Connect(gateway))
        {
            await first.WaitForWorkerAsync("first", Cancellation);
            await second.WaitForWorkerAsync("second", Cancellation);
            await third.WaitForWorkerAsync("third", Cancellation);
            run = await client.SubmitGraphAsync(
                TextSample.SlowDocument(Tasks, LinesPerTask, LinesPerBatch, TimeSpan.FromSeconds(1)), new SubmitOptions { AllowUnknownRoles = true }, Cancellation);
            inFlight = await WhenAllAreLeasedAsync(client, run);
            await first.KillAsync();
            await second.KillAsync();
            await firstSilo.KillAsync();
        }

        await using var secondSilo = await StartSiloAsync(port);
        await using var firstAgain = FlowProcess.Text("first", gateway, Slots);
        await using var secondAgain = FlowProcess.Text("second", gateway, Slots);
        await using var again = FlowClient.Connect(gateway);
        var ended = await again.WaitForRunAsync(run, Cancellation);

        var lines = TextSample.LineCount(Tasks, LinesPerTask, TextSample.CopiesFor(Tasks, LinesPerTask));
        Assert.Equal((RunStatus.Completed, null), (ended.Status, ended.Failure));
        Assert.Equal(TextSample.Answer(lines), ended.Nodes.Single(node => node.NodeId == "merge").Tasks[0].ResultJson);
        var split = ended.Nodes.Single(node => node.NodeId == "split");
        Assert.Equal((Tasks, Tasks * (long)BatchesPerTask, lines, lines), (split.CompletedCount, split.Batches, split.Rows, (long)split.Metrics!["lines"]));
        var artifacts = new List<(int Task, int Index)>();
        await foreach (var artifact in again.ListArtifactsAsync(run, "split", Cancellation))
        {
            artifacts.Add((artifact.TaskIndex, artifact.Index));
        }

        Assert.Equal(Enumerable.Range(0, Tasks).SelectMany(task => Enumerable.Range(0, BatchesPerTask).Select(index => (task, index))), artifacts);

        // Nobody but its holder may have ended a task under its lease.
        Assert.All(inFlight, before => Assert.True(split.Tasks[before.TaskId.Index].Epoch >= before.Epoch));
    }

    public void Dispose() => _data.Delete(recursive: true);

    private static async Task<IReadOnlyList<TaskView>> WhenAllAreLeasedAsync(FlowClient client, RunId run)
    {
        var leased = new SortedDictionary<int, TaskView>();
        await foreach (var change in client.WatchRunAsync(run, Cancellation))
        {
            foreach (var task in change switch
            {
                RunChange.TaskChanged one => [one.Task],
                RunChange.Snapshot snapshot => snapshot.Run.Nodes.SelectMany(node => node.Tasks),
                _ => [],
            })
            {
                if (task is { Status: FlowTaskStatus.Leased, TaskId.Node: "split" })
                {
                    leased[task.TaskId.Index] = task;
                }
                else if (task.TaskId.Node == "split")
                {
                    leased.Remove(task.TaskId.Index);
                }
            }

            if (leased.Count == Tasks)
            {
                return [.. leased.Values];
            }
        }

        throw new InvalidOperationException("The run ended before all of its tasks were leased at once.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<FlowProcess> StartSiloAsync(int port)
    {
        var silo = FlowProcess.Flow(null, "silo", "--data", _data.FullName, "--port", port.ToString(CultureInfo.InvariantCulture), "--http-port", "0");
        await silo.WaitForLineAsync("ready", Cancellation);
        return silo;
    }
}
