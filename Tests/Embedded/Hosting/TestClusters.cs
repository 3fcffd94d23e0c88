using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.TestingHost;

namespace OrleansFlow.Tests.Embedded.Hosting;

/// <summary>Test clusters as these tests need them.</summary>
internal static class TestClusters
{
    /// <summary>A cluster with memory storage and reminders.</summary>
    public static async Task<InProcessTestCluster> StartAsync(
        short silos = 1, Action<ISiloBuilder>? configure = null, TimeProvider? clock = null, Action<IClientBuilder>? configureClient = null)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        if (clock is not null)
        {
            builder.ConfigureHost(host => host.Services.Replace(ServiceDescriptor.Singleton(clock)));
        }

        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddMemoryGrainStorageAsDefault();
            silo.AddMemoryGrainStorage("flow");
            silo.UseInMemoryReminderService();
            configure?.Invoke(silo);
        });
        if (configureClient is not null)
        {
            builder.ConfigureClient(configureClient);
        }

        var cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }

    /// <summary>Lets other threads work until a condition holds; the test's own time-out is the watchdog.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Moves time in steps until a condition holds, giving the grains a chance to react to each.</summary>
    public static async Task AdvanceUntilAsync(this ManualTimeProvider clock, TimeSpan step, Func<bool> condition)
    {
        while (!condition())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            clock.Advance(step);
            for (var spin = 0; spin < 200 && !condition(); spin++)
            {
                await Task.Yield();
            }
        }
    }
}
