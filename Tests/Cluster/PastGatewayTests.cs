using OrleansFlow.Arrow;
using OrleansFlow.Client;
using OrleansFlow.Flight;
using OrleansFlow.Graphs;
using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Cluster;

/// <summary>
/// Goal: data goes from the worker's process to the client, and through the gateway once that process is dead. Method: a silo and a worker as
/// processes of their own; the worker is killed between two reads of the same result.
/// </summary>
public sealed class PastGatewayTests : IDisposable
{
    private const int WatchdogMs = 600_000;
    private const int Rows = 300_000;
    private const string Graph = """{"name":"rows","nodes":[{"id":"rows","role":"sql","params":{"statement":"SELECT range AS n FROM range(300000)"}}]}""";
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("flow-past-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = WatchdogMs)]
    public async Task Result_ComesFromTheWorkersProcess_AndFromTheGatewayOnceThatIsKilled()
    {
        await using var silo = FlowProcess.Flow(null, "silo", "--data", _data.FullName, "--port", "0", "--http-port", "0");
        await silo.WaitForLineAsync("ready", Token);
        var gateway = await silo.WaitForLineAsync("gateway", Token);
        await using var worker = FlowProcess.Worker("serving", gateway);
        await using var client = FlowClient.Connect(gateway);
        var run = await client.SubmitGraphAsync(Graph, new SubmitOptions { AllowUnknownRoles = true }, Token);
        Assert.Equal(RunStatus.Completed, (await client.WaitForRunAsync(run, Token)).Status);

        await using var channel = RpcChannel.ForAddress(gateway);
        var info = await new FlightClient(channel).GetFlightInfoAsync(FlightDescriptor.ForPath(run.Value, "rows"), new RpcCallOptions(CancellationToken: Token));
        var location = new Uri(info.Endpoints[0].Locations[0]);
        Assert.NotEqual(new Uri(gateway).Port, location.Port);
        await using (var direct = RpcChannel.ForAddress("http://" + location.Authority))
        {
            Assert.Equal(Rows, await CountAsync(new FlightClient(direct).DoGet(info.Endpoints[0].Ticket, new RpcCallOptions(CancellationToken: Token))));
        }

        await using var before = await client.GetResultAsync(run, "rows", Token);
        await worker.KillAsync();
        Assert.Equal(Rows, await CountAsync(before.ReadBatchesAsync(Token)));
        await using var after = await client.GetResultAsync(run, "rows", Token);
        Assert.Equal(Rows, await CountAsync(after.ReadBatchesAsync(Token)));
    }

    public void Dispose() => _data.Delete(recursive: true);

    private static async Task<long> CountAsync(IAsyncEnumerable<RecordBatch> batches)
    {
        var rows = 0L;
        await foreach (var batch in batches.WithCancellation(Token))
        {
            rows += batch.RowCount;
            batch.Dispose();
        }

        return rows;
    }
}
