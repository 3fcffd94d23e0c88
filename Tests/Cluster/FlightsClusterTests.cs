using System.Net;
using System.Net.Sockets;
using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Cluster;

/// <summary>
/// Goal: the main job with real processes that die. Method: a silo and two workers as processes of their own over a slice of the flights;
/// kills are triggered by what the watch stream shows, never by time; the answer is compared with DuckDB alone.
/// </summary>
public sealed class FlightsClusterTests : IDisposable
{
    private const int WatchdogMs = 600_000;
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("flow-cluster-");

    [Fact(Timeout = WatchdogMs)]
    public async Task Run_WithAWorkerKilledWhileItHoldsALease_GivesTheSameAnswerAtEpoch2()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var silo = await StartSiloAsync(FreePort(), cancellationToken);
        var gateway = await silo.WaitForLineAsync("gateway", cancellationToken);
        await using var client = FlowClient.Connect(gateway);
        await using var first = FlowProcess.Worker("first", gateway);
        await using var second = FlowProcess.Worker("second", gateway);
        var run = await SubmitAsync(client, cancellationToken);

        var killed = false;
        var highestEpoch = 0L;
        var batches = 0L;
        await foreach (var change in client.WatchRunAsync(run, cancellationToken))
        {
            batches += change is RunChange.BatchAccepted { Lease.TaskId.Node: "scan" } ? 1 : 0;
            if (change is RunChange.TaskChanged { Task: { Status: FlowTaskStatus.Leased } task })
            {
                highestEpoch = Math.Max(highestEpoch, task.Epoch);
                if (!killed && batches >= FlightsSlice.BatchCount / 4 && task.Worker.Value == "first")
                {
                    killed = true;
                    await first.KillAsync();
                }
            }
        }

        Assert.True(killed);
        Assert.True(highestEpoch >= 2);
        await AssertSameAnswerAsync(client, run, cancellationToken);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Run_WithTheSiloKilledInTheMiddle_GoesOnAfterItsRestartWithNothingLostOrDoubled()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var port = FreePort();
        RunId run;
        await using var firstSilo = await StartSiloAsync(port, cancellationToken);
        var gateway = await firstSilo.WaitForLineAsync("gateway", cancellationToken);
        await using var first = FlowProcess.Worker("first", gateway);
        await using var second = FlowProcess.Worker("second", gateway);
        await using (var client = FlowClient.Connect(gateway))
        {
            run = await SubmitAsync(client, cancellationToken);
            await WatchUntilBatchesAsync(client, run, FlightsSlice.BatchCount / 3, cancellationToken);
            await firstSilo.KillAsync();
        }

        await using var secondSilo = await StartSiloAsync(port, cancellationToken);
        Assert.Equal(gateway, await secondSilo.WaitForLineAsync("gateway", cancellationToken));
        await using var again = FlowClient.Connect(gateway);
        var ended = await again.WaitForRunAsync(run, cancellationToken);

        Assert.Equal(RunStatus.Completed, ended.Status);
        await AssertSameAnswerAsync(again, run, cancellationToken);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Silo_OnADataFolderThatAnotherOwns_ExitsWithTheCallersMistake()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var owner = await StartSiloAsync(FreePort(), cancellationToken);
        await owner.WaitForLineAsync("ready", cancellationToken);

        await using var other = FlowProcess.Flow(null, "silo", "--data", _data.FullName, "--port", "0", "--http-port", "0");

        Assert.Equal(2, await other.WaitForExitAsync(cancellationToken));
        Assert.Contains("store_in_use", other.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _data.Delete(recursive: true);

    private static async Task<RunId> SubmitAsync(FlowClient client, CancellationToken cancellationToken)
    {
        // Roles are allowed before the workers have announced them, so nothing has to be waited for.
        try
        {
            return await client.SubmitGraphAsync(FlightsSlice.Document, FlightsSlice.Options with { AllowUnknownRoles = true }, cancellationToken);
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.DataFileMissing)
        {
            Requires.That(false, "the sample data (npm package vega-datasets)");
            throw;
        }
    }

    private static async Task WatchUntilBatchesAsync(FlowClient client, RunId run, long count, CancellationToken cancellationToken)
    {
        var batches = 0L;
        await foreach (var change in client.WatchRunAsync(run, cancellationToken))
        {
            batches += change is RunChange.BatchAccepted ? 1 : 0;
            if (batches >= count)
            {
                return;
            }
        }

        Assert.Fail("The run ended before the silo could be killed.");
    }

    private static async Task AssertSameAnswerAsync(FlowClient client, RunId run, CancellationToken cancellationToken)
    {
        var view = await client.GetRunAsync(run, cancellationToken);
        Assert.Equal(RunStatus.Completed, view.Status);
        Assert.Equal(FlightsSlice.BatchCount, view.Nodes.Single(node => node.NodeId == "scan").Batches);
        Assert.Equal(await FlightsSlice.ExpectedAsync(cancellationToken), await FlightsSlice.ReportAsync(client, run, cancellationToken));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<FlowProcess> StartSiloAsync(int port, CancellationToken cancellationToken)
    {
        var silo = FlowProcess.Flow(
            null, "silo", "--data", _data.FullName, "--port", port.ToString(System.Globalization.CultureInfo.InvariantCulture), "--http-port", "0");
        await silo.WaitForLineAsync("ready", cancellationToken);
        return silo;
    }
}
