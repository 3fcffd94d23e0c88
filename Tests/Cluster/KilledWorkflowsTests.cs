using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansFlow.Client;
using OrleansFlow.Client.Workflows;
using OrleansFlow.Samples.OrderFlow;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Cluster;

/// <summary>
/// Goal: whatever is killed, every workflow run completes, and each of its effects counts once. Method: the order flow's workers and a silo as processes of
/// their own; kills (SIGKILL) follow how many effects there are, at counts that a seed draws (FLOW_KILL_SEED), or come at named effects.
/// </summary>
public sealed class KilledWorkflowsTests : IDisposable
{
    private const int WatchdogMs = 600_000;
    private const int Sigkill = 137;

    /// <summary>FLOW_KILL_RUNS=1000 is the whole proof; CI runs a short form of it.</summary>
    private const int RunsByDefault = 120;

    private static readonly string[] Effects = ["charge", "pack ink", "pack pen", "reserve", "ship", "tell"];

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("flow-killed-workflows-");

    private string Shop => Path.Combine(_data.FullName, "shop");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = WatchdogMs)]
    public async Task WorkersAndSiloKilledInTheMiddleOfManyRuns_AllComplete_EachEffectOnce()
    {
        var runs = Number("FLOW_KILL_RUNS", RunsByDefault);
        var seed = Number("FLOW_KILL_SEED", 1);
        TestContext.Current.SendDiagnosticMessage($"{runs} runs, seed {seed}");
        var random = new Random(seed);
        Directory.CreateDirectory(Shop);
        var port = FreePort();
        var silo = await StartSiloAsync(port);
        var gateway = await silo.WaitForLineAsync("gateway", Cancellation);
        var workers = new List<FlowProcess> { Worker("worker-0", gateway), Worker("worker-1", gateway) };
        try
        {
            await using var client = FlowClient.Connect(gateway);
            var definition = OrderWorkflow.Define(new FileShop(Shop));
            var handles = await Task.WhenAll(Enumerable.Range(0, runs).Select(number => client.Workflows.StartAsync(
                definition, EventLog<string>.Empty, new Order(IdOf(number), 99, ["pen", "ink"]), new WorkflowStartOptions { RunId = new RunId(IdOf(number)) }, Cancellation)));

            var total = runs * Effects.Length;
            foreach (var (place, killed) in ((int?[])[0, null, 1]).Index())
            {
                // One kill in each quarter of the work.
                await WhenDoneAsync((place * total / 4) + 1 + random.Next(total / 4));
                if (killed is { } worker)
                {
                    await workers[worker].KillAsync();
                    workers[worker] = Worker($"worker-{worker}-again", gateway);
                }
                else
                {
                    await silo.KillAsync();
                    silo = await StartSiloAsync(port);
                }
            }

            await using var again = FlowClient.Connect(gateway);
            foreach (var handle in handles)
            {
                await CheckAsync(again, handle.Id);
            }

            Assert.Equal(total, DoneCount());
        }
        finally
        {
            foreach (var process in (FlowProcess[])[.. workers, silo])
            {
                await process.DisposeAsync();
            }
        }
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task OrderFlow_WhoseWorkersKillThemselvesAtEveryEffect_BeforeAndAfterIt_IsShippedOnce()
    {
        await using var silo = await StartSiloAsync(FreePort());
        var gateway = await silo.WaitForLineAsync("gateway", Cancellation);
        await using var client = FlowClient.Connect(gateway);
        var definition = OrderWorkflow.Define(new FileShop(Shop));
        var points = Effects.SelectMany(effect => (string[])[effect, effect + "!"]).ToList();
        foreach (var (number, point) in points.Index())
        {
            await client.Workflows.StartAsync(
                definition, EventLog<string>.Empty, new Order(IdOf(number), 99, ["pen", "ink"]), new WorkflowStartOptions { RunId = new RunId(IdOf(number)) }, Cancellation);

            // It goes on with what the one before it left, and ends where it is told to.
            await using var worker = Worker($"worker-{number}", gateway, point);
            Assert.Equal(Sigkill, await worker.WaitForExitAsync(Cancellation));
        }

        await using var last = Worker("last", gateway);
        for (var number = 0; number < points.Count; number++)
        {
            await CheckAsync(client, new RunId(IdOf(number)));
        }

        Assert.Equal(points.Count * Effects.Length, DoneCount());
    }

    public void Dispose() => _data.Delete(recursive: true);

    private static async Task CheckAsync(FlowClient client, RunId run)
    {
        var handle = client.Workflows.Get<string>(run);
        var ended = await handle.WaitAsync(Cancellation);
        Assert.Equal((WorkflowRunStatus.Completed, null), (ended.Status, ended.Failure));
        Assert.Equal($"{run} shipped", await handle.ResultAsync(Cancellation));
        Assert.Equal(Effects, (await handle.ContextAsync<EventLog<string>>(Cancellation)).Events.Order(StringComparer.Ordinal));
    }

    private static string IdOf(int number) => string.Create(CultureInfo.InvariantCulture, $"order-{number}");

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private FlowProcess Worker(string id, string gateway, string? crashAt = null) => FlowProcess.Sample(
        "OrleansFlow.Samples.OrderFlowWorker",
        new Dictionary<string, string>
        {
            ["OrleansFlow__Worker__WorkerId"] = id,
            ["OrleansFlow__Worker__Gateway"] = gateway,
            ["OrleansFlow__Worker__Slots"] = "8",
            ["ORDERFLOW_SHOP"] = Shop,
            ["ORDERFLOW_CRASH_AT"] = crashAt ?? "",
        });

    private int DoneCount() => Directory.EnumerateFiles(Shop, "*.done").Count();

    private async Task WhenDoneAsync(int count)
    {
        while (DoneCount() < count)
        {
            await Task.Delay(10, Cancellation);
        }
    }

    private async Task<FlowProcess> StartSiloAsync(int port)
    {
        var silo = FlowProcess.Flow(null, "silo", "--data", _data.FullName, "--port", port.ToString(CultureInfo.InvariantCulture), "--http-port", "0");
        await silo.WaitForLineAsync("ready", Cancellation);
        return silo;
    }
}
