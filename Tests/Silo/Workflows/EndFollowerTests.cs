using System.Net;
using System.Net.Sockets;
using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Silo.Workflows;

/// <summary>Goal: who waits for the end of a run learns of it, whatever happens to the connection, or to the silo, meanwhile.</summary>
public sealed class EndFollowerTests(SiloFixture fixture)
{
    private const int Watchdog = 90_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog)]
    public async Task Wait_WhoseConnectionIsCut_LearnsOfTheEndsThatCameMeanwhile()
    {
        await using var wire = new CutWire(new Uri(fixture.Silo.Host.Endpoints.GrpcUrl));
        await using var client = FlowClient.Connect(wire.Url, fixture.Silo.Host.Endpoints.Token);
        var runs = new List<RunId>();
        for (var number = 0; number < 3; number++)
        {
            runs.Add((await client.Workflows.StartAsync(TestFlows.Approval, GrowCounter.Empty, $"order {number}", cancellationToken: Token)).Id);
        }

        var waits = runs.ConvertAll(run => client.Workflows.Get<string>(run).ResultAsync(Token));
        await ApproveAsync(runs[0]);
        Assert.Equal("order 0 by Ada", await waits[0]);

        wire.Cut();
        await ApproveAsync(runs[1]);
        await fixture.Silo.Client.Workflows.Get(runs[1]).WaitAsync(Token);
        Assert.False(waits[1].IsCompleted);
        wire.Heal();

        Assert.Equal("order 1 by Ada", await waits[1]);
        Assert.False(waits[2].IsCompleted);
        await ApproveAsync(runs[2]);
        Assert.Equal("order 2 by Ada", await waits[2]);

        async Task ApproveAsync(RunId run) => await fixture.Silo.Client.Workflows.Get(run).SignalAsync("approve", "Ada", cancellationToken: Token);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Wait_OverTheEndOfASilo_LearnsOfTheEndFromTheNextOne()
    {
        using var folder = new TempFolder();
        var port = FreePort();
        var silo = await StartAsync(folder, port);
        await using var client = FlowClient.Connect(silo.Endpoints.GrpcUrl, silo.Endpoints.Token);
        var waiting = await client.Workflows.StartAsync(TestFlows.Approval, GrowCounter.Empty, "order", cancellationToken: Token);
        var sleeping = await client.Workflows.StartAsync(TestFlows.Sleeper, GrowCounter.Empty, 2_000, cancellationToken: Token);
        var (approved, slept) = (waiting.ResultAsync(Token), sleeping.ResultAsync(Token));
        while ((await waiting.ItemsAsync(Token).ToListAsync(Token)) is not [{ Status: WorkItemStatus.WaitingForSignal }])
        {
            await Task.Yield();
        }

        await silo.DisposeAsync();
        silo = await StartAsync(folder, port);
        try
        {
            await using var other = FlowClient.Connect(silo.Endpoints.GrpcUrl, silo.Endpoints.Token);
            await other.Workflows.Get(waiting.Id).SignalAsync("approve", "Eve", cancellationToken: Token);

            Assert.Equal("order by Eve", await approved);
            Assert.Equal(2_000, await slept);
        }
        finally
        {
            await silo.DisposeAsync();
        }
    }

    [Fact(Timeout = Watchdog)]
    public async Task Wait_ThatIsGivenUp_LeavesTheOthersWaiting_AndAClosedClientTellsThem()
    {
        var client = FlowClient.Connect(fixture.Silo.Host.Endpoints.GrpcUrl, fixture.Silo.Host.Endpoints.Token);
        var run = await client.Workflows.StartAsync(TestFlows.Approval, GrowCounter.Empty, "order", cancellationToken: Token);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var (first, second) = (run.WaitAsync(patience.Token), run.WaitAsync(Token));

        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(second.IsCompleted);

        await client.DisposeAsync();
        Assert.Equal(FlowErrorCode.Cancelled, (await Assert.ThrowsAsync<FlowException>(() => second)).Code);
        await fixture.Silo.Client.Workflows.Get(run.Id).CancelAsync("nobody waits", Token);
    }

    private static Task<FlowSiloHost> StartAsync(TempFolder folder, int port)
    {
        var options = RunningSilo.Options(folder.Combine("data"));
        options.GrpcPort = port;
        return FlowSiloHost.StartAsync(options, Token);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
