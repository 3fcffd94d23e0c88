using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Storage;
using Orleans.TestingHost;
using OrleansFlow.Grains;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Graphs;
using OrleansFlow.Storage;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Grains.Hosting;

/// <summary>A silo with all grains over <see cref="JsonGrainStorage"/> and a clock that the test moves.</summary>
internal sealed class FlowCluster : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;

    private FlowCluster(InProcessTestCluster cluster, JsonGrainStorage storage, ManualTimeProvider clock)
    {
        _cluster = cluster;
        Storage = storage;
        Clock = clock;
    }

    public JsonGrainStorage Storage { get; }

    /// <summary>The store's generation, as the next activation sees it.</summary>
    public TestGeneration Generation { get; private init; } = new();

    public ManualTimeProvider Clock { get; }

    public IGrainFactory Grains => _cluster.Client;

    public IClusterClient Client => _cluster.Client;

    /// <summary>Turns of the thread pool that a step of time is given to take effect: some milliseconds, also on a machine that has nothing else to do.</summary>
    public const int ReactionSpins = 20_000;

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts one silo.</summary>
    /// <param name="batches">Whether the storage commits several rows together, as the project's own do.</param>
    /// <param name="configure">Adds to the silo, or to the client; null: nothing.</param>
    public static async Task<FlowCluster> StartAsync(bool batches = false, Action<ISiloBuilder?, IClientBuilder?>? configure = null)
    {
        var (storage, clock) = (batches ? new JsonBatchStorage() : new JsonGrainStorage(), new ManualTimeProvider());
        var generation = new TestGeneration();
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureHost(host => host.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock)));
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddFlowGrains();
            silo.Services.AddSingleton<IStoreGeneration>(generation);
            silo.Services.AddKeyedSingleton<IGrainStorage>(
                FlowGrainStorage.Name, (services, _) => storage.With(services.GetServices<IJsonTypeInfoResolver>()));
            silo.UseInMemoryReminderService();
            configure?.Invoke(silo, null);
        });
        builder.ConfigureClient(client => configure?.Invoke(null, client));
        var cluster = builder.Build();
        await cluster.DeployAsync(Token);
        var flow = new FlowCluster(cluster, storage, clock) { Generation = generation };
        flow.MarkServing();
        return flow;
    }

    public IGraphRunGrain Run(string id) => Grains.GetGrain<IGraphRunGrain>(id);

    public ITaskGrain Task(string id) => Grains.GetGrain<ITaskGrain>(id);

    public async Task SubmitAsync(string run, string nodes) =>
        Assert.True(await Run(run).SubmitAsync(new RunSubmission { DocumentJson = Document(nodes) }, Token));

    public static string Document(string nodes) => $$"""{"name":"test","nodes":[{{nodes}}]}""";

    /// <summary>Starts a worker whose commands the test reads.</summary>
    public async Task<TestWorker> StartWorkerAsync(string id, int slots, params string[] roles)
    {
        var worker = new TestWorker(this, id, slots, roles);
        await worker.RegisterAsync();
        return worker;
    }

    /// <summary>Kills the silo, with everything that only memory held, and starts another one over the same storage.</summary>
    public async Task CrashAsync()
    {
        await _cluster.KillSiloAsync(_cluster.Silos[0]);
        await _cluster.StartAdditionalSiloAsync();
        MarkServing();
    }

    public void MarkServing() => _cluster.GetSiloServiceProvider().GetRequiredService<SiloServingClock>().MarkServing();

    /// <summary>Names of a grain's reminders.</summary>
    public async Task<IReadOnlyList<string>> RemindersAsync(IAddressable grain)
    {
        var rows = await _cluster.GetSiloServiceProvider().GetRequiredService<IReminderTable>().ReadRows(grain.GetGrainId());
        return [.. rows.Reminders.Select(reminder => reminder.ReminderName)];
    }

    public Task DeactivateAsync(IAddressable grain) => _cluster.DeactivateAsync(grain);

    public bool IsActive(IAddressable grain) => _cluster.TryGetGrainContext(grain.GetGrainId(), out _);

    public Task WhenDeactivatedAsync(IAddressable grain) => _cluster.WaitForDeactivationAsync(grain);

    /// <summary>Reads a run's changes until one satisfies the condition.</summary>
    public async Task<RunEvent> WhenAsync(string run, Func<RunEvent, bool> condition)
    {
        await foreach (var change in Run(run).WatchAsync(Token))
        {
            if (condition(change))
            {
                return change;
            }
        }

        throw new InvalidOperationException($"The watch of run '{run}' ended first.");
    }

    public async Task<RunView> WhenEndedAsync(string run)
    {
        await foreach (var _ in Run(run).WatchAsync(Token))
        {
            // The watch ends with the run.
        }

        return (await Run(run).GetAsync(Token))!;
    }

    /// <summary>Moves time in steps until the awaited thing happens, letting the grains react to each step.</summary>
    /// <param name="happened">What is awaited.</param>
    /// <param name="step">Length of a step.</param>
    /// <param name="alive">Workers that send a heartbeat at each step.</param>
    public async Task<T> AdvanceUntilAsync<T>(Task<T> happened, TimeSpan step, params TestWorker[] alive)
    {
        while (!happened.IsCompleted)
        {
            Token.ThrowIfCancellationRequested();
            Clock.Advance(step);
            foreach (var worker in alive)
            {
                await worker.HeartbeatAsync();
            }

            for (var spin = 0; spin < ReactionSpins && !happened.IsCompleted; spin++)
            {
                await System.Threading.Tasks.Task.Yield();
            }
        }

        return await happened;
    }

    public static async Task<List<T>> ReadAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items)
        {
            list.Add(item);
        }

        return list;
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    /// <summary>Raised by a restore.</summary>
    internal sealed class TestGeneration : IStoreGeneration
    {
        public long Generation { get; set; } = 1;
    }
}
