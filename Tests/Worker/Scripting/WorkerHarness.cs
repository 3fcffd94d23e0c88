using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Attempts;
using OrleansFlow.Worker.Inputs;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Tests.Worker.Scripting;

/// <summary>A worker session in this process with scripted handlers for role <c>work</c>, over a manual clock and artifacts in memory.</summary>
internal sealed class WorkerHarness : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _aborting = new();

    public WorkerHarness(HandlerScript? script = null, Func<WorkerSessionOptions, WorkerSessionOptions>? configure = null, TimeProvider? clock = null,
        Action<IServiceCollection>? register = null)
    {
        Script = script ?? new HandlerScript();
        var services = new ServiceCollection().AddSingleton(Script).AddSingleton(Log);
        register?.Invoke(services);
        _services = services.BuildServiceProvider();
        var options = new WorkerSessionOptions
        {
            WorkerId = new WorkerId("w1"),
            Slots = 2,
            Version = "1.2.3",
            ProcessId = 7,
            Host = "here",
            TempFolder = Path.Combine(Path.GetTempPath(), "orleansflow-tests", Guid.NewGuid().ToString("N")),
            ReconnectDelayMin = TimeSpan.Zero,
            ReconnectDelayMax = TimeSpan.Zero,
        };
        Options = configure?.Invoke(options) ?? options;
        Session = new WorkerSession(
            Transport,
            Options,
            new RoleCatalog([new RoleRegistration("work", typeof(ScriptedHandler))]),
            _services.GetRequiredService<IServiceScopeFactory>(),
            _ => Store,
            clock ?? Clock,
            new Random(1),
            Log,
            adapters: new AdapterCatalog(_services.GetServices<AdapterRegistration>()));
        Running = Session.RunAsync(_stopping.Token, _aborting.Token);
    }

    public HandlerScript Script { get; }

    public ManualTimeProvider Clock { get; } = new();

    public LogCollector Log { get; } = new();

    public InProcessWorkerTransport Transport { get; } = new();

    public MemoryArtifactStore Store { get; } = new();

    public WorkerSessionOptions Options { get; }

    public WorkerSession Session { get; }

    public Task Running { get; }

    public static Lease LeaseOf(string taskId = "t1", long epoch = 1) => new() { TaskId = taskId, Epoch = epoch };

    public static Offer OfferOf(string taskId = "t1", long epoch = 1, int accepted = 0, long timeoutMs = 0, params string[] parents)
    {
        var offer = new Offer
        {
            Lease = LeaseOf(taskId, epoch), Role = "work", Attempt = (int)epoch, TaskCount = 1, AcceptedBatches = accepted, TimeoutMs = timeoutMs,
        };
        offer.Parents.Add(parents);
        return offer;
    }

    /// <summary>Waits for what no message tells.</summary>
    public static async Task WhenAsync(Func<bool> happened)
    {
        while (!happened())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public Task StopAsync() => _stopping.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await _aborting.CancelAsync();
        await Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Session.DisposeAsync();
        await _services.DisposeAsync();
        _stopping.Dispose();
        _aborting.Dispose();
        if (Directory.Exists(Options.TempFolder))
        {
            Directory.Delete(Options.TempFolder, recursive: true);
        }
    }
}
