using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime.Hosting;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;

namespace OrleansFlow.Tests.Embedded.Hosting;

/// <summary>How activations and silos end, and in which order.</summary>
public sealed class StopTests : IAsyncLifetime
{
    private readonly string _key = Guid.NewGuid().ToString("N");
    private readonly FailingStorage _storage = new();
    private readonly List<string> _stages = [];
    private InProcessTestCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync(configure: silo =>
    {
        silo.Services.AddGrainStorage("failing", (_, _) => _storage);
        silo.AddStartupTask((_, _) => Note("task of application services"), ServiceLifecycleStage.ApplicationServices);
        silo.AddStartupTask((_, _) => Note("task"));
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(new Participant(_stages));
    });

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task Stop_DrainsThenDeactivatesThenStopsTheStorage()
    {
        var running = _cluster.Client.GetGrain<IStoppingGrain>(_key).HoldAsync(_key);
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);

        var stop = _cluster.StopSilosAsync();
        Gates.Open(_key);
        await Task.WhenAll(running, stop);

        // The running call reaches another grain while the silo drains; then both write what they have, and only then the storage stops.
        Assert.Equal(["start", "read", "read", "write", "write", "stop"], _storage.Calls);
        Assert.StartsWith("ShuttingDown", Assert.Single(Notes.Of(_key)), StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Stages_OfTheSilo_StartInOrder_AndStopBackwards()
    {
        await _cluster.StopSilosAsync();

        Assert.Equal(
            [
                "start RuntimeInitialize", "start RuntimeServices", "start RuntimeStorageServices", "start RuntimeGrainServices",
                "task of application services", "start ApplicationServices", "start BecomeActive", "task", "start Active", "start Last",
                "stop Last", "stop Active", "stop BecomeActive", "stop ApplicationServices", "stop RuntimeGrainServices",
                "stop RuntimeStorageServices", "stop RuntimeServices", "stop RuntimeInitialize",
            ],
            _stages);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("idle", "ApplicationRequested")]
    [InlineData("migrate", "Migrating")]
    [InlineData("own reason", "HighMemoryPressure no room full")]
    [InlineData("stale", "ApplicationError")]
    public async Task Deactivation_TellsItsReason(string how, string expected)
    {
        var grain = _cluster.Client.GetGrain<IStoppingGrain>(_key);
        Assert.True(await grain.IsPocoAsync());
        Assert.True(_cluster.TryGetGrainContext(grain.GetGrainId(), out var context));

        await grain.EndAsync(how).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await context.Deactivated;

        Assert.StartsWith(expected, Assert.Single(Notes.Of(_key)), StringComparison.Ordinal);
    }

    private Task Note(string step)
    {
        _stages.Add(step);
        return Task.CompletedTask;
    }

    private sealed class Participant(List<string> steps) : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle)
        {
            Add(nameof(ServiceLifecycleStage.Last), ServiceLifecycleStage.Last);
            Add(nameof(ServiceLifecycleStage.Active), ServiceLifecycleStage.Active);
            Add(nameof(ServiceLifecycleStage.BecomeActive), ServiceLifecycleStage.BecomeActive);
            Add(nameof(ServiceLifecycleStage.ApplicationServices), ServiceLifecycleStage.ApplicationServices);
            Add(nameof(ServiceLifecycleStage.RuntimeGrainServices), ServiceLifecycleStage.RuntimeGrainServices);
            Add(nameof(ServiceLifecycleStage.RuntimeStorageServices), ServiceLifecycleStage.RuntimeStorageServices);
            Add(nameof(ServiceLifecycleStage.RuntimeServices), ServiceLifecycleStage.RuntimeServices);
            Add(nameof(ServiceLifecycleStage.RuntimeInitialize), ServiceLifecycleStage.RuntimeInitialize);

            void Add(string name, int stage) => lifecycle.Subscribe(name, stage, _ => Step($"start {name}"), _ => Step($"stop {name}"));
        }

        private Task Step(string step)
        {
            steps.Add(step);
            return Task.CompletedTask;
        }
    }
}
