using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Concurrency;
using OrleansFlow.Client;
using OrleansFlow.Graphs;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.GrainClients;

/// <summary><c>UseOrleansClient</c> over the gateway's real gRPC listener on loopback.</summary>
public sealed class GrainClientTests : IAsyncLifetime
{
    private RunningSilo _silo = null!;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _silo = await RunningSilo.StartAsync();

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    [Fact(Timeout = 60_000)]
    public async Task Client_ThatFindsTheGatewayInTheDataFolder_CallsItsOwnGrain()
    {
        using var host = await StartAsync(client => client.UseOrleansFlowGateway(options => options.DataFolder = _silo.DataFolder));
        var tally = host.Services.GetRequiredService<IClusterClient>().GetGrain<ITallyGrain>("a");

        Assert.Equal(5, await tally.AddAsync(5));
        Assert.Equal(7, await tally.AddAsync(2));
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => tally.FailAsync("as asked"));
        Assert.Equal("as asked", failure.Message);
        Assert.Contains(nameof(TallyGrain.FailAsync), failure.StackTrace, StringComparison.Ordinal);
        var sums = new List<int>();
        await foreach (var sum in tally.StepsAsync(250))
        {
            sums.Add(sum);
        }

        Assert.Equal(Enumerable.Range(0, 250), sums);
        await host.StopAsync(CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Client_WithStaticClustering_ReadsARunOfTheProject()
    {
        var runId = await _silo.Client.SubmitGraphAsync(
            """{"name":"one","nodes":[{"id":"one","role":"echo","params":{}}]}""", cancellationToken: CancellationToken);
        var port = new Uri(_silo.Host.Endpoints.GrpcUrl).Port;
        using var host = await StartAsync(client => client.UseStaticClustering(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, port)));
        var run = host.Services.GetRequiredService<IClusterClient>().GetGrain<IGraphRunGrain>(runId.Value);

        var status = await run.GetAsync(CancellationToken);

        Assert.Equal(runId, status?.RunId);
        await host.StopAsync(CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task LargeMessages_PassBothWays_WhileSmallOnesGoOn()
    {
        using var host = await StartAsync(client => client.UseOrleansFlowGateway(options => options.DataFolder = _silo.DataFolder));
        var tally = host.Services.GetRequiredService<IClusterClient>().GetGrain<ITallyGrain>("large");
        var bytes = new byte[20_000_000];
        bytes[^1] = 7;

        var large = Enumerable.Range(0, 3).Select(_ => tally.MirrorAsync(bytes)).ToArray();
        var small = Enumerable.Range(1, 100).Select(_ => tally.AddAsync(1)).ToArray();

        Assert.All(await Task.WhenAll(large), answer => Assert.True(bytes.AsSpan().SequenceEqual(answer)));
        Assert.Equal(100, (await Task.WhenAll(small)).Max());
        await host.StopAsync(CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Gateway_ThatWantsAToken_TakesTheOneOfTheDataFolder_AndRefusesWhoHasNone()
    {
        await using var guarded = await RunningSilo.StartAsync(options => options.RequireToken = true);
        using var host = await StartAsync(client => client.UseOrleansFlowGateway(options => options.DataFolder = guarded.DataFolder));
        var tally = host.Services.GetRequiredService<IClusterClient>().GetGrain<ITallyGrain>("guarded");

        Assert.Equal(1, await tally.AddAsync(1));
        await host.StopAsync(CancellationToken);

        var port = new Uri(guarded.Host.Endpoints.GrpcUrl).Port;
        var refused = await Assert.ThrowsAsync<SiloUnavailableException>(() => StartAsync(client => client
            .UseLocalhostClustering(port)
            .UseConnectionRetryFilter((_, _) => Task.FromResult(false))));
        Assert.Contains("token", refused.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task SiloThatStops_FailsCallsInFlight_AndTheClientSaysSoUntilItIsBack()
    {
        await using var stopping = await RunningSilo.StartAsync();
        using var host = await StartAsync(client => client.UseOrleansFlowGateway(options => options.DataFolder = stopping.DataFolder));
        var tally = host.Services.GetRequiredService<IClusterClient>().GetGrain<ITallyGrain>("stopping");
        Assert.Equal(1, await tally.AddAsync(1));
        var waiting = tally.WaitAsync();
        Assert.Equal(2, await tally.AddAsync(1));

        await stopping.Host.StopAsync(CancellationToken);

        await Assert.ThrowsAsync<SiloUnavailableException>(() => waiting);
        var failure = await Assert.ThrowsAsync<SiloUnavailableException>(() => tally.AddAsync(1));
        Assert.Contains("connects again", failure.Message, StringComparison.Ordinal);
        await host.StopAsync(CancellationToken);
    }

    private static async Task<IHost> StartAsync(Action<IClientBuilder> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(configure);
        var host = builder.Build();
        await host.StartAsync(CancellationToken);
        return host;
    }
}

[Alias("OrleansFlow.Tests.Silo.ITallyGrain")]
public interface ITallyGrain : IGrainWithStringKey
{
    [Alias("Add")]
    Task<int> AddAsync(int amount);

    [Alias("Fail")]
    Task FailAsync(string text);

    [Alias("Steps")]
    IAsyncEnumerable<int> StepsAsync(int count);

    [Alias("Wait"), AlwaysInterleave]
    Task WaitAsync();

    [Alias("Mirror")]
    Task<byte[]> MirrorAsync(byte[] bytes);
}

public sealed class TallyGrain : Grain, ITallyGrain
{
    private int _sum;

    public Task<int> AddAsync(int amount) => Task.FromResult(_sum += amount);

    public Task FailAsync(string text) => throw new InvalidOperationException(text);

    public async IAsyncEnumerable<int> StepsAsync(int count)
    {
        for (var step = 0; step < count; step++)
        {
            await Task.Yield();
            yield return step;
        }
    }

    public Task WaitAsync() => new TaskCompletionSource().Task;

    public Task<byte[]> MirrorAsync(byte[] bytes) => Task.FromResult(bytes);
}
