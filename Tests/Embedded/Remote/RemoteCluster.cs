using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Embedded.Remote;

namespace OrleansFlow.Tests.Embedded.Remote;

/// <summary>A silo, and a client that speaks to it as if it were in another process.</summary>
internal sealed class RemoteCluster : IAsyncDisposable
{
    private RemoteCluster(IHost silo, MemoryGateway gateway, IHost client)
    {
        Silo = silo;
        Gateway = gateway;
        ClientHost = client;
    }

    public IHost Silo { get; }

    public MemoryGateway Gateway { get; }

    public IHost ClientHost { get; }

    public IClusterClient Client => ClientHost.Services.GetRequiredService<IClusterClient>();

    public static async Task<RemoteCluster> StartAsync(Action<IClientBuilder>? configureClient = null, Action<ISiloBuilder>? configureSilo = null)
    {
        var silo = Host.CreateEmptyApplicationBuilder(null);
        silo.UseOrleans(builder =>
        {
            builder.UseLocalhostClustering();

            // Some tests leave calls behind that never end.
            builder.Configure<GrainCollectionOptions>(options => options.DeactivationTimeout = TimeSpan.FromMilliseconds(100));
            configureSilo?.Invoke(builder);
        });
        var siloHost = silo.Build();
        await siloHost.StartAsync(TestContext.Current.CancellationToken);
        var gateway = new MemoryGateway { Gateway = siloHost.Services.GetRequiredService<GrainGateway>() };
        var client = BuildClient(gateway, configureClient);
        await client.StartAsync(TestContext.Current.CancellationToken);
        return new RemoteCluster(siloHost, gateway, client);
    }

    public static IHost BuildClient(MemoryGateway gateway, Action<IClientBuilder>? configureClient = null)
    {
        var client = Host.CreateEmptyApplicationBuilder(null);
        client.Services.AddSingleton<IGatewayConnector>(gateway);
        client.UseOrleansClient(builder =>
        {
            builder.UseLocalhostClustering(gatewayPort: 1);
            configureClient?.Invoke(builder);
        });
        return client.Build();
    }

    public async ValueTask DisposeAsync()
    {
        await ClientHost.StopAsync(CancellationToken.None);
        await ((IAsyncDisposable)ClientHost).DisposeAsync();
        await Silo.StopAsync(CancellationToken.None);
        await ((IAsyncDisposable)Silo).DisposeAsync();
    }
}
