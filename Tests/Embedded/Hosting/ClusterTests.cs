using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;

namespace OrleansFlow.Tests.Embedded.Hosting;

public sealed class ClusterTests
{
    private readonly string _key = Guid.NewGuid().ToString("N");

    [Fact(Timeout = 30_000)]
    public async Task Grains_OfSeveralSilos_HaveOneActivationEach()
    {
        await using var cluster = await TestClusters.StartAsync(silos: 3);
        var keys = Enumerable.Range(0, 60).Select(number => $"{_key}-{number}").ToList();

        var fromClient = await Task.WhenAll(keys.Select(key => cluster.Client.GetGrain<ILifeGrain>(key).ActivationAsync()));
        foreach (var silo in cluster.Silos)
        {
            var factory = silo.ServiceProvider.GetRequiredService<IGrainFactory>();
            Assert.Equal(fromClient, await Task.WhenAll(keys.Select(key => factory.GetGrain<ILifeGrain>(key).ActivationAsync())));
        }

        var places = await Task.WhenAll(keys.Select(key => cluster.Client.GetGrain<ILifeGrain>(key).WhereAsync()));
        Assert.Equal(3, places.Distinct().Count());
    }

    [Fact(Timeout = 30_000)]
    public async Task Kill_FailsCallsInFlight_AndTheNextCallGoesElsewhere()
    {
        await using var cluster = await TestClusters.StartAsync(silos: 2);
        var grain = cluster.Client.GetGrain<ILifeGrain>(_key);
        var home = await grain.WhereAsync();
        var running = grain.HoldAsync(_key);
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);
        var waiting = grain.QuickAsync();

        await cluster.KillSiloAsync(cluster.Silos.Single(silo => silo.Name == home));

        await Assert.ThrowsAsync<SiloUnavailableException>(() => running);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => waiting);
        Assert.NotEqual(home, await grain.WhereAsync());
        Gates.Open(_key);
        await grain.QuickAsync();
        Assert.DoesNotContain("held", Notes.Of(_key));
        Assert.DoesNotContain("deactivating ShuttingDown", Notes.Of(_key));
    }

    [Fact(Timeout = 60_000)]
    public async Task Calls_DuringKillsAndDeactivations_EndOrFailButNeverHang()
    {
        await using var cluster = await TestClusters.StartAsync(silos: 3);
        using var stopping = new CancellationTokenSource();
        var answered = 0;
        var failed = 0;
        var callers = Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            while (!stopping.IsCancellationRequested)
            {
                var key = $"{_key}-{random.Next(20)}";
                try
                {
                    var counter = cluster.Client.GetGrain<ICounterGrain>(key);
                    switch (random.Next(5))
                    {
                        case 0:
                            await counter.DeactivateAsync();
                            break;
                        case 1:
                            await cluster.Client.GetGrain<ILifeGrain>(key).AskAsync($"{_key}-leaf-{random.Next(20)}");
                            break;
                        case 2:
                            await counter.PingAsync();
                            break;
                        default:
                            await counter.IncrementAsync();
                            break;
                    }

                    Interlocked.Increment(ref answered);
                }
                catch (SiloUnavailableException)
                {
                    Interlocked.Increment(ref failed);
                }
            }
        })).ToList();

        for (var round = 0; round < 10; round++)
        {
            var before = Volatile.Read(ref answered);
            await TestClusters.UntilAsync(() => Volatile.Read(ref answered) > before + 200);
            await cluster.StartAdditionalSiloAsync();
            await (round % 2 == 0 ? cluster.KillSiloAsync(cluster.Silos[0]) : cluster.StopSiloAsync(cluster.Silos[0]));
        }

        await stopping.CancelAsync();
        await Task.WhenAll(callers);
        Assert.Equal(3, cluster.Silos.Count);
        Assert.True(answered > failed);
    }

    [Fact(Timeout = 30_000)]
    public async Task Stop_WaitsForRunningRequestsAndDeactivates()
    {
        await using var cluster = await TestClusters.StartAsync(silos: 2);
        var grain = cluster.Client.GetGrain<ILifeGrain>(_key);
        var home = await grain.WhereAsync();
        var running = grain.HoldAsync(_key);
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);

        var stop = cluster.StopSiloAsync(cluster.Silos.Single(silo => silo.Name == home));
        Gates.Open(_key);
        await running;
        await stop;

        // Asked after the stop: a call that reaches the silo before it has begun to stop is one of those it waits for.
        Assert.NotEqual(home, await grain.WhereAsync());
        Assert.Equal(
            ["activating", "activated", "held", "deactivating ShuttingDown", "deactivated", "activating", "activated"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Stop_WithAStuckRequest_IsBounded()
    {
        var clock = new ManualTimeProvider();
        await using var cluster = await TestClusters.StartAsync(clock: clock);
        var running = cluster.Client.GetGrain<ILifeGrain>(_key).HoldAsync(_key);
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);

        var stop = cluster.StopSiloAsync(cluster.Silos[0]);
        await clock.AdvanceUntilAsync(TimeSpan.FromSeconds(5), () => stop.IsCompleted);

        await stop;
        await Assert.ThrowsAnyAsync<Exception>(() => running);
    }

    [Fact(Timeout = 30_000)]
    public async Task FailedActivation_SurfacesToEveryCaller_AndTheNextTriesAgain()
    {
        await using var cluster = await TestClusters.StartAsync();
        var grain = cluster.Client.GetGrain<ILifeGrain>("fails-once" + _key);

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => grain.QuickAsync());

        Assert.Equal("cannot activate", exception.Message);
        Assert.Equal("quick", await grain.QuickAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Requests_WaitForTheActivation()
    {
        await using var cluster = await TestClusters.StartAsync();
        var grain = cluster.Client.GetGrain<ILifeGrain>("slow" + _key);
        var calls = Enumerable.Range(0, 10).Select(_ => grain.QuickAsync()).ToList();

        await TestClusters.UntilAsync(() => Gates.EnteredCount($"slow{_key}/activate") == 1);
        Assert.DoesNotContain(calls, call => call.IsCompleted);
        Gates.Open($"slow{_key}/activate");

        Assert.All(await Task.WhenAll(calls), answer => Assert.Equal("quick", answer));
    }

    [Fact(Timeout = 30_000)]
    public async Task Deactivation_PassesWaitingRequestsOn()
    {
        await using var cluster = await TestClusters.StartAsync();
        var grain = cluster.Client.GetGrain<ILifeGrain>(_key);
        var first = await grain.ActivationAsync();
        var running = grain.HoldThenDeactivateAsync(_key);
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);

        var waiting = grain.ActivationAsync();
        Assert.False(waiting.IsCompleted);
        Gates.Open(_key);

        await running;
        Assert.NotEqual(first, await waiting);
    }

    [Fact(Timeout = 30_000)]
    public async Task TooManyWaitingRequests_AreRefused()
    {
        await using var cluster = await TestClusters.StartAsync(
            configure: silo => silo.Configure<SiloMessagingOptions>(options => options.MaxEnqueuedRequestsHardLimit = 3));
        var grain = cluster.Client.GetGrain<ILifeGrain>(_key);
        await grain.QuickAsync();
        var running = grain.HoldAsync(_key);
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);

        var waiting = Enumerable.Range(0, 4).Select(_ => grain.QuickAsync()).ToList();
        await Assert.ThrowsAsync<LimitExceededException>(() => waiting[3]);
        Gates.Open(_key);

        await running;
        Assert.All(await Task.WhenAll(waiting.Take(3)), answer => Assert.Equal("quick", answer));
    }

    [Fact(Timeout = 30_000)]
    public async Task StatelessWorker_RunsRequestsSideBySide_UpToItsLimit()
    {
        await using var cluster = await TestClusters.StartAsync();
        var grain = cluster.Client.GetGrain<IWorkerPoolGrain>(1, typeof(WorkerPoolGrain).FullName);

        var calls = Enumerable.Range(0, 4).Select(_ => grain.HoldAsync(_key)).ToList();
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 2);
        Gates.Open(_key);

        Assert.Equal(2, (await Task.WhenAll(calls)).Distinct().Count());
    }

    [Fact(Timeout = 30_000)]
    public async Task Host_RunsASilo_WithStartupTasksAndLifecycle()
    {
        var steps = new List<string>();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering();
            silo.AddMemoryGrainStorageAsDefault();
            silo.AddStartupTask(async (services, _) =>
                steps.Add(await services.GetRequiredService<IGrainFactory>().GetGrain<ILifeGrain>("from startup").QuickAsync()));
            silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(new Steps(steps));
        });
        using var host = builder.Build();

        await host.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal("quick", await host.Services.GetRequiredService<IClusterClient>().GetGrain<ILifeGrain>("a").QuickAsync());
        await host.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["start storage", "quick", "start last", "stop last", "stop storage"], steps);
    }

    [Fact(Timeout = 30_000)]
    public async Task Silo_WithoutTheNamedStorage_SaysSo()
    {
        var builder = new InProcessTestClusterBuilder(1);
        await using var cluster = builder.Build();
        await cluster.DeployAsync(TestContext.Current.CancellationToken);

        var exception = await Assert.ThrowsAsync<Orleans.Storage.BadProviderConfigException>(() => cluster.Client.GetGrain<IStateGrain>("a").GetAsync());

        Assert.Contains("No storage provider named \"flow\"", exception.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Call_AfterTheLastSiloStopped_Fails()
    {
        await using var cluster = await TestClusters.StartAsync();
        var grain = cluster.Client.GetGrain<ILifeGrain>(_key);
        await grain.QuickAsync();

        await cluster.StopSilosAsync();

        await Assert.ThrowsAsync<SiloUnavailableException>(() => grain.QuickAsync());
    }

    private sealed class Steps(List<string> steps) : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle)
        {
            Subscribe(lifecycle, "storage", ServiceLifecycleStage.RuntimeStorageServices);
            Subscribe(lifecycle, "last", ServiceLifecycleStage.Active + 1);
        }

        private void Subscribe(ISiloLifecycle lifecycle, string name, int stage) => lifecycle.Subscribe(
            name,
            stage,
            _ =>
            {
                steps.Add("start " + name);
                return Task.CompletedTask;
            },
            _ =>
            {
                steps.Add("stop " + name);
                return Task.CompletedTask;
            });
    }
}
