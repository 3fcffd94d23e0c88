using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Embedded;
using Orleans.Storage;
using Orleans.TestingHost;
using OrleansFlow.Arrow;
using OrleansFlow.Artifacts;
using OrleansFlow.Errors;
using OrleansFlow.Grains;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Graphs;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Artifacts;
using OrleansFlow.Worker.Attempts;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Testing;

/// <summary>
/// A silo and workers in this process, on a clock that a test moves, with faults that it plans: for testing handlers and graphs as they will run.
/// </summary>
/// <remarks>
/// The grains, sessions, leases and attempts are the product's own. State is kept in memory, artifacts in a temporary folder. While one of its
/// <c>...Async</c> methods waits, the clock jumps from timer to timer, each time when nothing works any more: back-offs, graces and leases cost
/// milliseconds, and work costs no time, however slow the machine is. A handler that works keeps the clock still, also where it waits for something
/// outside the cluster, but not where it waits for its input, for a receipt, or for a timer of this clock. What keeps it still for more than a second
/// of real time lets it go on at the machine's pace.
/// </remarks>
public sealed partial class FlowTestCluster : IAsyncDisposable
{
    private static int _lastRun;

    private readonly InProcessTestCluster _cluster;
    private readonly FlowTestOptions _options;
    private readonly WorkCount _work;
    private readonly WorkScheduler _scheduler;
    private readonly Pace _pace;
    private readonly ServiceProvider _services;
    private readonly List<TestWorker> _workers = [];
    private readonly TestInputs _inputs;
    private readonly string _scratch = Directory.CreateTempSubdirectory("orleansflow-testing-").FullName;

    private FlowTestCluster(InProcessTestCluster cluster, FlowTestOptions options, TestClock clock, TestFaults faults, WorkCount work, WorkScheduler scheduler)
    {
        (_cluster, _options, _work, _scheduler, Clock, Faults) = (cluster, options, work, scheduler, clock, faults);
        _pace = new Pace(clock, work, options.Patience);
        _inputs = new TestInputs();
        options.Services.TryAddSingleton<TimeProvider>(clock);
        options.Services.AddSingleton(faults);
        options.Services.AddSingleton(work);
        options.Services.AddSingleton(_inputs);
        options.Services.AddLogging();
        _services = options.Services.BuildServiceProvider();
    }

    /// <summary>The clock of silo and workers.</summary>
    public TestClock Clock { get; }

    /// <summary>What goes wrong, and when.</summary>
    public TestFaults Faults { get; }

    /// <summary>For calling grains, the product's and one's own.</summary>
    public IGrainFactory Grains => _cluster.Client;

    private IServiceProvider Silo => _cluster.GetSiloServiceProvider();

    /// <summary>Starts a silo and its workers.</summary>
    /// <param name="configure">Names the handlers.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static async Task<FlowTestCluster> StartAsync(Action<FlowTestOptions> configure, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var (options, clock, faults, work) = (new FlowTestOptions(), new TestClock(), new TestFaults(), new WorkCount());
        var scheduler = new WorkScheduler(work);
        configure(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.WorkerCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.WorkerCount, 100);
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureHost(host => host.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock)));
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddOrleansFlow();
            silo.Services.AddSingleton<ITurnObserver>(work);
            LetWritesFail(silo.Services, faults);
            if (options.ConfigureLeases is { } leases)
            {
                silo.Services.Configure(leases);
            }

            silo.Services.AddSingleton<InProcessWorkerTransport>();
            silo.Services.AddSingleton<InProcessSessionHost>();
            silo.Services.AddSingleton<IHostedService>(services => new TestSessionHost(services.GetRequiredService<InProcessSessionHost>(), scheduler));
        });
        var cluster = new FlowTestCluster(builder.Build(), options, clock, faults, work, scheduler);
        try
        {
            await cluster.StartAsync(cancellationToken);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a handler over batches, as a node of a graph whose parent gives them.</summary>
    /// <param name="role">A role of <see cref="FlowTestOptions.AddHandler"/>. The node has the same name, for <see cref="Faults"/>.</param>
    /// <param name="inputs">The input; stays the caller's.</param>
    /// <param name="parameters">The node's parameters; null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How it ended.</returns>
    public async Task<HandlerRun> RunHandlerAsync(
        string role, IReadOnlyList<RecordBatch> inputs, JsonObject? parameters = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var run = string.Create(CultureInfo.InvariantCulture, $"handler-{Interlocked.Increment(ref _lastRun)}");
        _inputs.Add(run, inputs);
        var handler = new JsonObject { ["id"] = role, ["role"] = role, ["depends_on"] = new JsonArray("source") };
        if (parameters is not null)
        {
            handler["params"] = parameters.DeepClone();
        }

        var document = new JsonObject
        {
            ["name"] = "handler-test",
            ["nodes"] = new JsonArray(new JsonObject { ["id"] = "source", ["role"] = SourceHandler.Role }, handler),
        };
        var ended = await RunGraphAsync(run, document.ToJsonString(), cancellationToken);
        return new HandlerRun(ended, role, await ReadOutputsAsync(run, role, cancellationToken));
    }

    /// <summary>Runs a graph to its end.</summary>
    /// <param name="run">Id of the run.</param>
    /// <param name="document">The graph document, JSON.</param>
    /// <param name="cancellationToken">Gives up; the run goes on.</param>
    /// <exception cref="FlowException"><c>bad_graph</c>; <c>already_exists</c>.</exception>
    public async Task<RunView> RunGraphAsync(string run, string document, CancellationToken cancellationToken)
    {
        await SubmitGraphAsync(run, document, cancellationToken);
        return await WhenEndedAsync(run, cancellationToken);
    }

    /// <summary>Submits a graph.</summary>
    /// <param name="run">Id of the run.</param>
    /// <param name="document">The graph document, JSON.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="FlowException"><c>bad_graph</c>; <c>already_exists</c>.</exception>
    public Task SubmitGraphAsync(string run, string document, CancellationToken cancellationToken) =>
        WhenAsync(() => Grains.GetGrain<IGraphRunGrain>(run).SubmitAsync(new RunSubmission { DocumentJson = document }, cancellationToken), cancellationToken);

    /// <summary>Waits for the end of a run.</summary>
    /// <param name="run">Id of the run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public Task<RunView> WhenEndedAsync(string run, CancellationToken cancellationToken) => WhenAsync(() => ReadToEndAsync(run, cancellationToken), cancellationToken);

    /// <summary>Does something of the test's own and waits for its end.</summary>
    /// <param name="action">What is done. It counts as the cluster's work, for which the clock waits, except where it awaits.</param>
    /// <param name="cancellationToken">Gives up; what was begun goes on.</param>
    public async Task<T> WhenAsync<T>(Func<Task<T>> action, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(action);
        var happened = _scheduler.RunAsync(action);
        await _pace.MoveUntilAsync(happened, cancellationToken);
        return await happened;
    }

    /// <summary>Lets time pass, every timer in it with all that follows from it.</summary>
    /// <param name="time">How much. Not negative.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="time"/> is negative.</exception>
    public Task PassAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        return _pace.MoveToAsync(Clock.GetUtcNow() + time, cancellationToken);
    }

    /// <summary>Waits until at least so many attempts have been cleaned up after: one that was stopped may still be at work when its run has ended.</summary>
    /// <param name="count">How many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many it were then.</returns>
    public Task<int> WhenCleanedUpAsync(int count, CancellationToken cancellationToken) => WhenAsync(() => Faults.CleanedUpAsync(count), cancellationToken);

    /// <summary>The accepted output batches of a node, ordered by task and number.</summary>
    /// <param name="run">Id of the run.</param>
    /// <param name="node">The node.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Batches that belong to the caller.</returns>
    public async Task<IReadOnlyList<RecordBatch>> ReadOutputsAsync(string run, string node, CancellationToken cancellationToken)
    {
        var store = Silo.GetRequiredService<IArtifactStore>();
        List<RecordBatch> batches = [];
        for (int? begin = 0; begin is { } position;)
        {
            var page = await Grains.GetGrain<IGraphRunGrain>(run).GetArtifactsAsync(node, position, ArtifactPage.BatchesMax, cancellationToken);
            foreach (var artifact in page.Batches)
            {
                using var file = store.OpenRead(artifact.Path);
                batches.AddRange(Enumerable.Range(0, file.BatchCount).Select(file.ReadBatch));
            }

            begin = page.Next;
        }

        return batches;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Faults.End();
        foreach (var worker in _workers)
        {
            await worker.DisposeAsync();
        }

        await _services.DisposeAsync();
        await _cluster.DisposeAsync();
        try
        {
            Directory.Delete(_scratch, recursive: true);
        }
        catch (IOException)
        {
            // A handler that was left behind still holds a file; the system's temporary folder is cleared in time.
        }
    }

    private static void LetWritesFail(IServiceCollection services, TestFaults faults)
    {
        var descriptor = services.Last(service => service.ServiceType == typeof(IGrainStorage) && Equals(service.ServiceKey, FlowGrainStorage.Name));
        services.Remove(descriptor);
        services.AddKeyedSingleton<IGrainStorage>(
            FlowGrainStorage.Name,
            (provider, key) => new TestGrainStorage((IGrainStorage)descriptor.KeyedImplementationFactory!(provider, key), faults));
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        await _cluster.DeployAsync(cancellationToken);
        Silo.GetRequiredService<SiloServingClock>().MarkServing();
        Faults.Attach(Grains, id => _workers.Single(worker => worker.Id == id).CrashAsync());
        var roles = new RoleCatalog([.. _options.Roles, .. StepRoles(), new RoleRegistration(SourceHandler.Role, typeof(SourceHandler))]);
        for (var number = 1; number <= _options.WorkerCount; number++)
        {
            var worker = new TestWorker(
                new WorkerId(string.Create(CultureInfo.InvariantCulture, $"worker-{number}")),
                _options,
                roles,
                _services.GetRequiredService<IServiceScopeFactory>(),
                root => new TestArtifactStore(new SharedFolderArtifactStore(root), Faults, _work),
                Silo.GetRequiredService<InProcessWorkerTransport>(),
                _scheduler,
                Faults,
                Clock,
                _services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
                _scratch);
            _workers.Add(worker);
            worker.Start();
            await worker.Registered.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Calls until the call is answered: the test may let the state of a grain fail, whose next activation goes on from what was stored.</summary>
    internal async Task<T> RepeatAsync<T>(Func<Task<T>> call)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Exception exception) when (exception is EnumerationAbortedException or OrleansException or FlowException { Code: FlowErrorCode.StoreUnavailable })
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), Clock);
            }
        }
    }

    private Task<RunView> ReadToEndAsync(string run, CancellationToken cancellationToken) => RepeatAsync(async () =>
    {
        var grain = Grains.GetGrain<IGraphRunGrain>(run);
        await foreach (var _ in grain.WatchAsync(cancellationToken))
        {
            // The end of the watch is the end of the run.
        }

        return (await grain.GetAsync(cancellationToken))!;
    });
}
