namespace OrleansFlow.Tests.Cli;

/// <summary>The worker as a process of its own: settings file, show, drain, refusals.</summary>
public sealed class WorkerCommandTests(SiloProcessFixture silo) : IClassFixture<SiloProcessFixture>
{
    private const int WatchdogMs = 600_000;

    private static readonly string Config = RepositoryRoot.Combine("samples", "configs", "worker.default.json");

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact(Timeout = WatchdogMs)]
    public async Task Worker_WithASettingsFile_IsShownAndDrained()
    {
        await using var worker = FlowProcess.Flow(
            new Dictionary<string, string> { ["FLOW_WORKER_SLOTS"] = "3" },
            "worker", "--config", Config, "--set", "worker_id=cli-1", "--set", "labels=gpu=true", "--gateway", silo.Gateway);
        Assert.Equal("cli-1", await worker.WaitForLineAsync("registered", CancellationToken));

        var (_, shown) = await RunAsync("worker", "show", "cli-1", "--gateway", silo.Gateway);
        foreach (var text in (string[])["cli-1", "Online", "0/3", "2.0.0", "gpu=true", "saturation 0 %", "0 leases"])
        {
            Assert.Contains(text, shown, StringComparison.Ordinal);
        }

        var (inUse, refusal) = await RunAsync("worker", "--id", "cli-1", "--gateway", silo.Gateway);
        Assert.Contains("worker_id_in_use", refusal, StringComparison.Ordinal);
        Assert.Equal(2, inUse);

        var (exitCode, drained) = await RunAsync("worker", "drain", "cli-1", "--gateway", silo.Gateway);
        Assert.Equal(0, exitCode);
        Assert.Contains("cli-1: Draining", drained, StringComparison.Ordinal);
        Assert.Equal(0, await worker.WaitForExitAsync(CancellationToken));
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Worker_ThatListensAtAPort_PrintsAndRegistersTheBoundOne()
    {
        await using var worker = FlowProcess.Flow(null, "worker", "--id", "cli-listen", "--listen", "127.0.0.1:0", "--gateway", silo.Gateway);
        await worker.WaitForLineAsync("registered", CancellationToken);
        var flight = new Uri((await worker.WaitForLineAsync("data", CancellationToken)).Split(' ')[0]);
        Assert.Equal(("grpc+tcp", "127.0.0.1"), (flight.Scheme, flight.Host));

        // Whoever listens there speaks Flight: a call without a token of the cluster is refused in the project's words.
        await using var channel = OrleansFlow.Rpc.RpcChannel.ForAddress("http://" + flight.Authority);
        var failure = await Assert.ThrowsAsync<OrleansFlow.Rpc.RpcException>(async () =>
        {
            await foreach (var _ in new OrleansFlow.Flight.FlightClient(channel).DoActionAsync(new OrleansFlow.Flight.FlightAction("orleansflow.query.worker-info", default)))
            {
            }
        });
        Assert.Equal(OrleansFlow.Rpc.RpcStatusCode.Unauthenticated, failure.Code);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Worker_ThatAdvertises_IsRegisteredByThatAddress()
    {
        await using var worker = FlowProcess.Flow(
            null, "worker", "--id", "cli-advertise", "--listen", "127.0.0.1:0", "--advertise", "worker-3.example:7070", "--gateway", silo.Gateway);
        await worker.WaitForLineAsync("registered", CancellationToken);

        Assert.StartsWith("grpc+tcp://worker-3.example:7070 ", await worker.WaitForLineAsync("data", CancellationToken), StringComparison.Ordinal);
    }

    [Theory(Timeout = WatchdogMs)]
    [InlineData("bad_option", "Did you mean 'lease_ttl_sec'?", "worker", "--set", "lease_ttl_sek=5")]
    [InlineData("bad_option", "use 'gateway'", "worker", "--set", "kafka_bootstrap=kafka:9092")]
    [InlineData("bad_option", "OrleansFlow:Worker:Slots is 0", "worker", "--set", "slots=0")]
    [InlineData("bad_option", "must be at most a third", "worker", "--set", "lease_ttl_sec=9", "--set", "hb_interval_sec=3.1")]
    [InlineData("bad_option", "lease_ttl_sec", "worker", "--set", "lease_ttl_sec=61")]
    [InlineData("bad_option", "--listen 'here' is no HOST:PORT", "worker", "--listen", "here")]
    [InlineData("bad_option", "--advertise 'worker-3:70000' is no HOST:PORT", "worker", "--advertise", "worker-3:70000")]
    [InlineData("bad_option", "which other machines reach, without TLS", "worker", "--listen", "0.0.0.0:0")]
    [InlineData("not_found", "flow workers", "worker", "show", "nobody")]
    [InlineData("not_found", "flow workers", "worker", "drain", "nobody")]
    [InlineData("bad_input", "not a worker id", "worker", "show", "a/b")]
    public async Task Worker_Misused_SaysHow(string code, string says, params string[] arguments)
    {
        var (exitCode, output) = await RunAsync([.. arguments, "--gateway", silo.Gateway]);

        Assert.Contains(code, output, StringComparison.Ordinal);
        Assert.Contains(says, output, StringComparison.Ordinal);
        Assert.Equal(2, exitCode);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        await using var process = FlowProcess.Flow(null, arguments);
        return (await process.WaitForExitAsync(CancellationToken), process.Output);
    }
}
