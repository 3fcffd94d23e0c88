using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.TestingHost;

namespace OrleansFlow.Tests.Embedded.Docs;

/// <summary>The examples of <c>docs/grains.md</c> compile, do what the page says, and are the ones on the page.</summary>
public sealed class GrainPageTests
{
    [Fact]
    public void EveryExample_OfThePage_IsCompiledHere()
    {
        // What needs the product's own grains is compiled with their tests.
        string[] folders = ["Embedded", "Grains"];
        var sources = folders.SelectMany(folder => Directory.GetFiles(Path.Combine(RepositoryRoot.Path, "Tests", folder, "Docs"), "*.cs")).Select(Normalized).ToList();
        var page = Normalized(Path.Combine(RepositoryRoot.Path, "docs", "grains.md"));
        var examples = page.Split("```csharp\n").Skip(1).Select(static rest => rest[..rest.IndexOf("```", StringComparison.Ordinal)]).ToList();

        Assert.NotEmpty(examples);
        Assert.All(examples, example => Assert.Contains(sources, source => source.Contains(example, StringComparison.Ordinal)));
    }

    [Fact(Timeout = 30_000)]
    public async Task Examples_DoWhatThePageSays()
    {
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSilo((_, silo) => Configure(silo));
        builder.ConfigureClient(client => client.AddMemoryStreams("rooms"));
        await using var cluster = builder.Build();
        await cluster.DeployAsync();
        var cancellationToken = TestContext.Current.CancellationToken;

        var thermostat = cluster.Client.GetGrain<IThermostatGrain>("kitchen");
        await thermostat.SetTargetAsync(21.5);
        Assert.Equal(21.5, await thermostat.GetTargetAsync());

        var watcher = new Watcher();
        var reference = cluster.Client.CreateObjectReference<IThermostatWatcher>(watcher);
        await thermostat.WatchAsync(reference);
        await thermostat.SetTargetAsync(22);
        await thermostat.UnwatchAsync(reference);
        await thermostat.SetTargetAsync(21.5);
        Assert.Equal(["kitchen: 22"], watcher.Heard);

        await cluster.Client.GetGrain<IAverageGrain>("house").FollowAsync("kitchen");
        var heat = thermostat.WaitForHeatAsync(cancellationToken);
        await thermostat.ReportAsync(new Reading(20, DateTimeOffset.UnixEpoch));
        await thermostat.ReportAsync(new Reading(40, DateTimeOffset.UnixEpoch));
        Assert.True(await heat);

        List<double> seen = [];
        await foreach (var reading in thermostat.HistoryAsync(cancellationToken).WithBatchSize(50))
        {
            seen.Add(reading.Celsius);
        }

        Assert.Equal([20, 40], seen);
        await WaitUntilAsync(async () => await cluster.Client.GetGrain<IAlarmGrain>("kitchen").CountAsync() == 1);
        await WaitUntilAsync(async () => await cluster.Client.GetGrain<IAverageGrain>("house").GetAsync() == 30);
        await cluster.DeactivateAsync(thermostat);
        Assert.Equal(21.5, await thermostat.GetTargetAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Host_OfThePage_Starts()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.UseOrleans(Configure);
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);

        var grains = host.Services.GetRequiredService<IGrainFactory>();
        RequestContext.Set("user", "ada");
        Assert.Equal(20, await grains.GetGrain<IThermostatGrain>("hall").GetTargetAsync());
        Assert.Contains("ada called GetTargetAsync of thermostat/hall", host.Services.GetRequiredService<AuditTrail>().Lines);

        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    private static void Configure(ISiloBuilder silo)
    {
        silo.UseLocalhostClustering()
            .AddMemoryGrainStorageAsDefault()
            .UseInMemoryReminderService()
            .AddMemoryStreams("rooms")
            .AddIncomingGrainCallFilter<AuditFilter>();
        silo.Services.AddSingleton<AuditTrail>();
    }

    private static async Task WaitUntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            await Task.Yield();
        }
    }

    // Indentation and blank lines are those of the place.
    private static string Normalized(string file) =>
        string.Join('\n', File.ReadLines(file).Select(static line => line.Trim()).Where(static line => line.Length > 0)) + "\n";

    private sealed class Watcher : IThermostatWatcher
    {
        public List<string> Heard { get; } = [];

        public Task TargetChangedAsync(string room, double celsius)
        {
            Heard.Add(FormattableString.Invariant($"{room}: {celsius}"));
            return Task.CompletedTask;
        }
    }
}
