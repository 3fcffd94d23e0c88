using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansFlow.Client;
using OrleansFlow.Samples.GrainClient.Grains;

namespace OrleansFlow.Tests.Cluster;

/// <summary>Silo and grain client as processes of their own: the sample as a user starts it, and a silo that is killed under its client.</summary>
public sealed class GrainClientProcessTests : IDisposable
{
    private const string SiloSample = "OrleansFlow.Samples.GrainClient.Silo";
    private const string ClientSample = "OrleansFlow.Samples.GrainClient";

    private readonly string _folder = Directory.CreateTempSubdirectory("flow-grain-client-").FullName;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact(Timeout = 120_000)]
    public async Task Sample_CallsItsOwnGrainAndARunOfTheProject()
    {
        await using var silo = await StartSiloAsync();
        await using var client = FlowProcess.Sample(
            ClientSample, new Dictionary<string, string> { ["FLOW_DATA"] = _folder, ["Logging__LogLevel__Default"] = "Warning" });

        Assert.Equal(0, await client.WaitForExitAsync(CancellationToken));

        Assert.Contains("heard of Ada", client.Output, StringComparison.Ordinal);
        Assert.Contains("2 entries", client.Output, StringComparison.Ordinal);
        Assert.Contains("Grace: the sea is near", client.Output, StringComparison.Ordinal);
        Assert.Contains("refused: ", client.Output, StringComparison.Ordinal);
        Assert.Contains("run greeting: Completed", client.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Client_WhoseSiloIsKilled_FindsTheNextOneAtAnotherPort()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        builder.UseOrleansClient(client => client
            .UseOrleansFlowGateway(options => options.DataFolder = _folder)
            .AddClusterConnectionLostHandler((_, _) => lost.TrySetResult()));
        using var host = builder.Build();
        await using (var silo = await StartSiloAsync())
        {
            await host.StartAsync(CancellationToken);
            Assert.Equal(1, await BookOf(host).SignAsync(new GuestEntry("Ada", "before")));
            await silo.KillAsync();
        }

        await lost.Task.WaitAsync(CancellationToken);
        var failure = await Assert.ThrowsAsync<SiloUnavailableException>(() => BookOf(host).SignAsync(new GuestEntry("Ada", "meanwhile")));
        Assert.Contains("gateway", failure.Message, StringComparison.Ordinal);

        await using var next = await StartSiloAsync();
        Assert.Equal(2, await SignWhenConnectedAsync(host));
        await host.StopAsync(CancellationToken);
    }

    private static IGuestBookGrain BookOf(IHost host) => host.Services.GetRequiredService<IClusterClient>().GetGrain<IGuestBookGrain>("killed");

    private static async Task<int> SignWhenConnectedAsync(IHost host)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        while (true)
        {
            try
            {
                return await BookOf(host).SignAsync(new GuestEntry("Ada", "after"));
            }
            catch (SiloUnavailableException)
            {
                await timer.WaitForNextTickAsync(CancellationToken);
            }
        }
    }

    private async Task<FlowProcess> StartSiloAsync()
    {
        var silo = FlowProcess.Sample(SiloSample, null, _folder);
        await silo.WaitForLineAsync("serving at ", CancellationToken);
        return silo;
    }
}
