using System.Diagnostics.Metrics;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansFlow.Flight.Exchange;
using OrleansFlow.Hosting;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Artifacts;
using OrleansFlow.Worker.Attempts;
using OrleansFlow.Worker.Data;
using OrleansFlow.Worker.Inputs;
using OrleansFlow.Worker.Jobs.Metrics;
using OrleansFlow.Worker.Jobs;
using OrleansFlow.Worker.Queries;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Worker.Hosting;

/// <summary>The worker of a host: begins with it, drains and says good-bye when it stops.</summary>
public sealed partial class FlowWorker : IHostedService, IAsyncDisposable
{
    private const string OutboxName = "outbox";
    private const string SocketExtension = ".exchange";

    private readonly WorkerOptions _options;
    private readonly IHostApplicationLifetime? _lifetime;
    private readonly ILogger _logger;
    private readonly WorkerSession _session;
    private readonly WorkerDataService _data;
    private readonly JobHost? _jobs;
    private readonly WorkerRpcEndpoint? _rpc;
    private readonly WorkerHealthEndpoint? _health;
    private readonly string _tempRoot;
    private readonly string _socketFolder;
    private readonly string _tempFolder;
    private readonly string _name;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _aborting = new();
    private Task _running = Task.CompletedTask;
    private bool _isDisposed;

    /// <summary>Composes the worker; used by the host.</summary>
    /// <exception cref="OptionsValidationException">An option is out of its range.</exception>
    /// <exception cref="Errors.FlowException"><c>bad_option</c>: no role, or one with two handlers.</exception>
    public FlowWorker(IServiceProvider services, IOptions<WorkerOptions> options)
        : this(
            services ?? throw new ArgumentNullException(nameof(services)),
            options?.Value ?? throw new ArgumentNullException(nameof(options)),
            services.GetService<IOptions<WorkerDataOptions>>()?.Value ?? new WorkerDataOptions(),
            services.GetService<IOptions<JobWorkerOptions>>()?.Value ?? new JobWorkerOptions(),
            services.GetRequiredService<RoleCatalog>(),
            services.GetRequiredService<IWorkerTransport>())
    {
    }

    internal FlowWorker(IServiceProvider services, WorkerOptions options, WorkerDataOptions data, JobWorkerOptions jobs, RoleCatalog roles, IWorkerTransport transport)
    {
        _options = options;
        var loggers = services.GetRequiredService<ILoggerFactory>();
        _lifetime = services.GetService<IHostApplicationLifetime>();
        _logger = loggers.CreateLogger<FlowWorker>();
        WorkerId = new WorkerId(_options.WorkerId ?? MakeId());
        _tempRoot = _options.TempFolder ?? Path.Combine(Path.GetTempPath(), "orleansflow");
        _socketFolder = data.SocketFolder ?? Path.Combine(Path.GetTempPath(), "orleansflow");
        _name = ProcessNames.Reserve(WorkerId.Value);
        _tempFolder = Path.Combine(_tempRoot, _name);
        var clock = services.GetRequiredService<TimeProvider>();
        _data = new WorkerDataService(
            data, _name + SocketExtension, root => new SharedFolderArtifactStore(root), clock, loggers, QueriesOf(services, WorkerId.Value, _options.Version ?? ""));
        _jobs = jobs.Slots == 0 ? null : new JobHost(new JobHostSetup
        {
            WorkerId = WorkerId.Value,
            Slots = jobs.Slots,
            JobId = jobs.JobId ?? "",
            RunId = jobs.RunId ?? "",
            OpenOperatorsAsync = WorkerOperators.Of(services, _data.Queries?.Engines, _options, loggers, clock).OpenAsync,
            Exchanges = new ExchangeClient(new ExchangeClientOptions
            {
                Tls = GatewayTls.Load(services.GetService<IOptions<QueryWorkerOptions>>()?.Value.TlsAuthorityPath, null, null),
                TimeProvider = clock,
            }),
            Memory = jobs.OpenMemory(Path.Combine(_tempRoot, "streams")),
            Clock = clock,
            Loggers = loggers,
        });
        if (_jobs is not null)
        {
            _data.Serve(_jobs);
        }

        _session = new WorkerSession(
            transport,
            new WorkerSessionOptions
            {
                WorkerId = WorkerId,
                Slots = _options.Slots,
                Version = _options.Version ?? Assembly.GetEntryAssembly()?.GetName().Version?.ToString() ?? "",
                Prefetch = _options.Prefetch,
                LeaseTtl = _options.LeaseTtl,
                HeartbeatInterval = _options.HeartbeatInterval,
                Labels = new SortedDictionary<string, string>(_options.Labels, StringComparer.Ordinal),
                RoleVersions = new SortedDictionary<string, string>(_options.RoleVersions, StringComparer.Ordinal),
                ProcessId = Environment.ProcessId,
                Host = Environment.MachineName,
                TempFolder = _tempFolder,

                // A generated id never comes back, so nobody would read it.
                OutboxFolder = _options.WorkerId is null ? null : OutboxFolder,
                DataEndpoint = _data,
                Jobs = _jobs,
                ShutdownGrace = _options.ShutdownGrace,
                StopGrace = _options.StopGrace,
                JobDrainGrace = jobs.DrainGrace,
                ConnectTimeout = _options.ConnectTimeout,
                ReportWindow = _options.ReportWindow,
                PrefetchBatches = _options.PrefetchBatches,
                PrefetchBytes = _options.PrefetchBytes,
            },
            roles.Only(_options.Roles),
            services.GetRequiredService<IServiceScopeFactory>(),
            root => new SharedFolderArtifactStore(root),
            clock,
            new Random(),
            loggers,
            services.GetService<IMeterFactory>(),
            services.GetRequiredService<AdapterCatalog>());
        _rpc = _jobs is not null && jobs.RpcPort is { } rpcPort ? new WorkerRpcEndpoint(rpcPort, jobs.RpcToken, _jobs, loggers) : null;
        _health = _options.HealthPort is { } port ? new WorkerHealthEndpoint(port, _session.Health, () => JobMetrics.ToText(JobMetrics.Of(_jobs?.Counters() ?? [])), loggers) : null;
    }

    /// <summary>Id of the worker.</summary>
    public WorkerId WorkerId { get; }

    /// <summary>What runs tasks of queries; null where they are refused.</summary>
    internal QueryWorkerService? Queries => _data.Queries;

    /// <summary>Ends at the first registration; fails when the worker ends without one.</summary>
    public Task Registered => _session.Registered;

    /// <summary>
    /// Ends with the worker: after a stop or a drain, or with the <see cref="Errors.FlowException"/> that says why it cannot go on.
    /// </summary>
    public Task Ended => _running;

    /// <summary>Where it serves its data, as it registers it: locations apart by blanks, Flight's first. Empty while it serves none.</summary>
    public string DataAddress => _data.Address;

    /// <summary>Where its health is served; null when it is not, or not yet.</summary>
    public Uri? HealthAddress => _health?.Address;

    /// <summary>Where <c>WorkerService</c> answers; null when it does not, or not yet.</summary>
    public Uri? RpcAddress => _rpc?.Address;

    /// <summary>How it is now. Safe to call from any thread.</summary>
    public WorkerHealth Health() => _session.Health();

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        try
        {
            await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            await _aborting.CancelAsync();
        }

        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // The container disposes it twice: as itself and as a hosted service.
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await _aborting.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _session.DisposeAsync();
        await (_jobs?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _data.DisposeAsync();
        ProcessNames.Release(_name);
        _stopping.Dispose();
        _aborting.Dispose();
    }

    private static string MakeId()
    {
        var machine = string.Concat(Environment.MachineName.Where(char.IsAsciiLetterOrDigit).Take(32));
        return $"{(machine.Length > 0 ? machine : "worker")}-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..6]}";
    }

    private static Func<QueryAuthorization, Func<string>, QueryWorkerService>? QueriesOf(IServiceProvider services, string workerId, string version)
    {
        var options = services.GetService<IOptions<QueryWorkerOptions>>()?.Value ?? new QueryWorkerOptions();
        var worker = (services.GetService<QueryWorker>() ?? QueryWorker.Default()).WithVersion(version);
        return options.Enabled
            ? (authorization, locations) => new QueryWorkerService(options, worker, workerId, locations, authorization, services)
            : null;
    }

    private async Task RunAsync()
    {
        try
        {
            DeleteLeft();
            await _data.StartAsync(CancellationToken.None);
            await (_health?.StartAsync(CancellationToken.None) ?? Task.CompletedTask);
            await (_rpc?.StartAsync(CancellationToken.None) ?? Task.CompletedTask);
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            var withJob = _jobs?.EndWithJobAsync(ends) ?? Task.CompletedTask;
            await _session.RunAsync(ends.Token, _aborting.Token);
            var isJobFinished = ends.IsCancellationRequested;
            await ends.CancelAsync();
            await withJob;
            if ((_options.StopHostWhenDrained || isJobFinished) && !_stopping.IsCancellationRequested)
            {
                _lifetime?.StopApplication();
            }
        }
        catch (Exception exception)
        {
            LogFailed(WorkerId, exception);
            _session.FailRegistration(exception);
            if (_lifetime is not null && Environment.ExitCode == 0)
            {
                // Whoever restarts what failed looks at this.
                Environment.ExitCode = 1;
            }

            _lifetime?.StopApplication();
            throw;
        }
        finally
        {
            await _data.DisposeAsync();
            await (_health?.DisposeAsync() ?? ValueTask.CompletedTask);
            await (_rpc?.DisposeAsync() ?? ValueTask.CompletedTask);
            DeleteFolder(_tempFolder);
            if (Registered.IsCompletedSuccessfully && !(Directory.Exists(OutboxFolder) && Directory.EnumerateFiles(OutboxFolder, "*.effects").Any()))
            {
                // What is in an outbox is what the next process with this id begins with.
                DeleteFolder(Path.GetDirectoryName(OutboxFolder)!);
            }
        }
    }

    /// <summary>Of the id and not of the process.</summary>
    private string OutboxFolder => Path.Combine(_tempRoot, WorkerId.Value, OutboxName);

    /// <summary>What killed processes of this worker left goes at the start; the rest goes at the end.</summary>
    private void DeleteLeft()
    {
        foreach (var folder in ProcessNames.LeftIn(_tempRoot, WorkerId.Value, ""))
        {
            DeleteFolder(folder);
        }

        foreach (var socket in ProcessNames.LeftIn(_socketFolder, WorkerId.Value, SocketExtension))
        {
            File.Delete(socket);
        }
    }

    private void DeleteFolder(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogTempFolderLeft(folder, exception);
        }
    }

    [LoggerMessage(EventId = 2210, Level = LogLevel.Error, Message = "Worker {WorkerId} cannot go on; its host stops")]
    private partial void LogFailed(WorkerId workerId, Exception exception);

    [LoggerMessage(EventId = 2211, Level = LogLevel.Warning, Message = "The temporary folder {Folder} could not be deleted")]
    private partial void LogTempFolderLeft(string folder, Exception exception);
}
