using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Jobs;

namespace OrleansFlow.Worker.Hosting;

/// <summary>
/// A process that is a worker for one streaming job: registers, serves <c>WorkerService</c>, and ends one second after the job was finished. SIGTERM and Ctrl-C make
/// it announce that it leaves, so that its job moves first. For a worker inside a host of yours: <c>AddOrleansFlowWorker</c>.
/// </summary>
public sealed class WorkerServer : IAsyncDisposable
{
    private const string JobIdVariable = "JOB_ID";
    private const string RunIdVariable = "RUN_ID";
    private const string WorkerIdVariable = "WORKER_ID";
    private const string NameLabel = "name";

    private readonly IHost _host;
    private bool _isStarted;

    /// <summary>Makes it; nothing runs.</summary>
    /// <param name="name">For people: the label <c>name</c> of the worker in listings. 1 to 128 characters.</param>
    /// <param name="workerId">Its id, unique in the cluster.</param>
    /// <param name="jobId">The only job that it takes.</param>
    /// <param name="runId">Which run of the job, for its gateway; empty for any.</param>
    /// <param name="configure">Adds operators and other services, and changes options; null for none. Where the gateway is: <see cref="WorkerOptions.Gateway"/>.</param>
    /// <exception cref="FlowException"><c>bad_option</c>: an id is not well-formed, or an option is out of its range.</exception>
    public WorkerServer(string name, string workerId, string jobId, string runId, Action<WorkerBuilder>? configure = null)
        : this(name, (string?)workerId, jobId, runId, null, configure)
    {
    }

    private WorkerServer(string name, string? workerId, string jobId, string runId, IConfiguration? configuration, Action<WorkerBuilder>? configure)
    {
        Check(nameof(jobId), jobId);
        if (workerId is not null)
        {
            Check(nameof(workerId), workerId);
        }

        (JobId, RunId) = (jobId, runId);
        // Settings are read once. Watching their files would mean every folder below this one, with each write of a silo that keeps its data there.
        var builder = Host.CreateApplicationBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        if (configuration is not null)
        {
            builder.Configuration.AddConfiguration(configuration);
        }

        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        var worker = builder.Services.AddOrleansFlowWorker(options =>
        {
            options.WorkerId = workerId ?? options.WorkerId;
            options.StopHostWhenDrained = true;
            options.Labels[NameLabel] = name;
        });
        builder.Services.Configure<JobWorkerOptions>(jobs =>
        {
            (jobs.JobId, jobs.RunId) = (jobId, runId);
            jobs.RpcPort ??= 0;
        });
        configure?.Invoke(worker);
        _host = builder.Build();
        try
        {
            Worker = _host.Services.GetRequiredService<FlowWorker>();
        }
        catch (OptionsValidationException exception)
        {
            _host.Dispose();
            throw new FlowException(FlowErrorCode.BadOption, string.Join(' ', exception.Failures), exception);
        }
    }

    /// <summary>Id of the worker.</summary>
    public string Id => Worker.WorkerId.Value;

    /// <summary>The only job that it takes.</summary>
    public string JobId { get; }

    /// <summary>Which run of it; empty for any.</summary>
    public string RunId { get; }

    /// <summary>The worker itself: addresses and health.</summary>
    public FlowWorker Worker { get; }

    /// <summary>Makes it of the environment: <c>JOB_ID</c> and <c>RUN_ID</c> are required, <c>WORKER_ID</c> is made when it is missing; the rest is section <c>OrleansFlow:Worker</c>.</summary>
    /// <param name="configure">As in the constructor.</param>
    /// <exception cref="FlowException"><c>bad_option</c>: a variable is missing, which the message names, or a value cannot be.</exception>
    public static WorkerServer FromConfig(Action<WorkerBuilder>? configure = null) =>
        FromConfig(new ConfigurationBuilder().AddEnvironmentVariables().Build(), configure);

    /// <summary>As <see cref="FromConfig(Action{WorkerBuilder})"/>, with settings of the caller's.</summary>
    /// <param name="configuration">Holds <c>JOB_ID</c>, <c>RUN_ID</c> and perhaps <c>WORKER_ID</c>.</param>
    /// <param name="configure">As in the constructor.</param>
    /// <exception cref="FlowException"><c>bad_option</c>: a setting is missing, which the message names, or a value cannot be.</exception>
    public static WorkerServer FromConfig(IConfiguration configuration, Action<WorkerBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var (jobId, runId) = (Require(configuration, JobIdVariable), Require(configuration, RunIdVariable));
        return new WorkerServer(jobId, configuration[WorkerIdVariable], jobId, runId, configuration, configure);
    }

    /// <summary>Starts it, and returns once its gateway has registered it. Once only.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException">It cannot be registered, for example <c>worker_id_in_use</c>.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        _isStarted = true;
        try
        {
            await _host.StartAsync(cancellationToken);
        }
        catch (OptionsValidationException exception)
        {
            throw new FlowException(FlowErrorCode.BadOption, string.Join(' ', exception.Failures), exception);
        }

        await Worker.Registered.WaitAsync(cancellationToken);
    }

    /// <summary>Runs it until it is shut down: by a signal, by a drain, or because its job was finished. Starts it if it is not started.</summary>
    /// <param name="cancellationToken">Shuts it down as a signal does.</param>
    /// <exception cref="FlowException">Why it could not go on.</exception>
    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        if (!_isStarted)
        {
            await StartAsync(cancellationToken);
        }

        await _host.WaitForShutdownAsync(cancellationToken);
        if (Worker.Ended.IsFaulted)
        {
            await Worker.Ended;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Worker.DisposeAsync();
        _host.Dispose();
    }

    private static string Require(IConfiguration configuration, string variable) => configuration[variable] is { Length: > 0 } value
        ? value
        : throw new FlowException(FlowErrorCode.BadOption, $"The environment variable {variable} is missing. Set it, or use the constructor of {nameof(WorkerServer)}.");

    private static void Check(string name, string value)
    {
        if (!IdText.IsValid(value))
        {
            throw new FlowException(
                FlowErrorCode.BadOption, $"{name} '{value}' is no id: use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', the first a letter or digit.");
        }
    }
}
