using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansFlow.Engine;
using OrleansFlow.Flight;
using OrleansFlow.Hosting;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Worker.Queries.Databases;
using OrleansFlow.Worker.Queries.Inputs;
using OrleansFlow.Worker.Queries.Outputs;

namespace OrleansFlow.Worker.Queries;

/// <summary>The parts of a query worker, put together. Disposing it cancels all queries and removes what they left.</summary>
internal sealed class QueryWorkerService : IAsyncDisposable
{
    // What the engine takes of the machine unless it is told.
    private const double EngineMemoryShare = 0.8;

    private readonly QueryWorkerOptions _options;
    private readonly QueryWorker _worker;
    private readonly QueryTaskHost _host;
    private readonly PeerRows _peers;
    private readonly PostgresCodec _postgres;
    private int _isDisposed;

    /// <param name="options">Checked here.</param>
    /// <param name="worker">What the user described.</param>
    /// <param name="workerId">Name of the worker, for messages.</param>
    /// <param name="ownLocations">By which locations it is known, apart by blanks.</param>
    /// <param name="authorization">Who may call.</param>
    /// <param name="services">Of the host: clock, loggers, codecs, session builder.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option is out of its range.</exception>
    public QueryWorkerService(
        QueryWorkerOptions options, QueryWorker worker, string workerId, Func<string> ownLocations, QueryAuthorization authorization, IServiceProvider services)
    {
        QueryWorkerOptionsValidator.ThrowIfWrong(options);
        _options = options;
        _worker = worker;
        Outputs = new TaskOutputs(options);
        var extensions = services.GetServices<QueryExtensions>().Aggregate(worker.Extensions, (all, one) => all.With(one));
        foreach (var codec in services.GetServices<IPlanCodec>())
        {
            extensions = extensions.WithCodec(codec);
        }

        extensions.ThrowIfWrong();
        Engines = new QueryEngines(options, Outputs.Folder, extensions.Functions);
        _peers = new PeerRows(
            (range, token) => Tasks!.OpenAsync(range, token),
            ownLocations,
            new FlightOptions { MessageBytesMax = FlightOptions.NoMessageLimit },
            GatewayTls.Load(options.TlsAuthorityPath, null, null));
        _postgres = new PostgresCodec(workerId, options);
        _host = new QueryTaskHost
        {
            WorkerId = workerId,
            Options = options,
            Engines = Engines,
            Outputs = Outputs,
            Peers = _peers,
            Clock = services.GetService<TimeProvider>() ?? TimeProvider.System,
            SessionBuilder = worker.SessionBuilder ?? services.GetService<IWorkerSessionBuilder>(),
            Codecs = [_postgres, .. extensions.Codecs],
            Extensions = extensions,
            ConfigOptions = extensions.ConfigOptions.Concat(options.ConfigOptions).ToHashSet(StringComparer.OrdinalIgnoreCase),
            Services = services,
        };
        Tasks = new QueryTasks(_host, services.GetRequiredService<ILoggerFactory>().CreateLogger<QueryTasks>());
        Producer = new QueryFlightProducer(Tasks, authorization, Info);
    }

    public QueryTasks Tasks { get; }

    public QueryEngines Engines { get; }

    public TaskOutputs Outputs { get; }

    public QueryFlightProducer Producer { get; }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await Tasks.DisposeAsync();
        await _peers.DisposeAsync();
        await _postgres.DisposeAsync();
        await Engines.DisposeAsync();
        Outputs.Dispose();
    }

    private WorkerInfo Info() => new()
    {
        Version = _worker.Version,
        WorkerId = _host.WorkerId,
        EngineVersion = EngineInstance.LibraryVersion,
        Functions = { _host.Extensions.FunctionNames },
        Codecs = { _host.Codecs.Where(codec => codec != _postgres).Select(codec => codec.Name) },
        ConfigOptions = { _host.ConfigOptions.Order(StringComparer.OrdinalIgnoreCase) },
        RunningTasks = Tasks.RunningCount,
        KeptTasks = Tasks.TaskCount,
        KeptBytes = Outputs.Memory.Bytes,
        Cores = _options.EngineThreads ?? Environment.ProcessorCount,
        MemoryLimitBytes = _options.EngineMemoryBytes ?? (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * EngineMemoryShare),
        TakesPlaces = true,
    };
}
