using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansFlow.Tests.Embedded.Grains;

namespace OrleansFlow.Tests.Embedded.Hosting;

/// <summary>Silos in ordinary hosts.</summary>
public sealed class HostBuilderTests
{
    [Fact(Timeout = 30_000)]
    public async Task ApplicationBuilder_RunsASiloWithItsOptions()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("Collection:CollectionAge", "00:07:00")]);
        using var host = builder
            .UseOrleans(silo => silo
                .ConfigureEndpoints(siloPort: 12001, gatewayPort: 12002)
                .Configure<GrainCollectionOptions>(silo.Configuration.GetSection("Collection")))
            .Build();
        await host.StartAsync(TestContext.Current.CancellationToken);

        var address = host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
        Assert.Equal(12001, address.Endpoint.Port);
        Assert.Equal(TimeSpan.FromMinutes(7), host.Services.GetRequiredService<IOptions<GrainCollectionOptions>>().Value.CollectionAge);
        Assert.Equal(1, await host.Services.GetRequiredService<IGrainFactory>().GetGrain<ICounterGrain>("a").IncrementAsync());
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 30_000)]
    public async Task Start_ThatFails_LeavesNoSiloBehind()
    {
        using var host = new HostBuilder()
            .UseOrleans(static silo => silo.AddStartupTask(static (_, _) => throw new NotSupportedException("not today")))
            .Build();

        await Assert.ThrowsAsync<NotSupportedException>(() => host.StartAsync(TestContext.Current.CancellationToken));
        await host.StopAsync(TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<SiloUnavailableException>(
            () => host.Services.GetRequiredService<IGrainFactory>().GetGrain<ICounterGrain>("a").IncrementAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Stop_ThatMayTakeNoTime_EndsThoughGrainsAreActive()
    {
        using var host = new HostBuilder().UseOrleans(static _ => { }).Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, await host.Services.GetRequiredService<IGrainFactory>().GetGrain<ICounterGrain>("a").IncrementAsync());

        await host.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        await Assert.ThrowsAsync<SiloUnavailableException>(() => host.Services.GetRequiredService<IGrainFactory>().GetGrain<ICounterGrain>("a").IncrementAsync());
    }
}
