using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using OrleansFlow.Client.Jobs;
using OrleansFlow.Client.Protocol;
using OrleansFlow.Client.Workflows;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Hosting;
using OrleansFlow.Protocol.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Tasks;

namespace OrleansFlow.Client;

/// <summary>
/// The gateway for other .NET services: submit graphs and tasks, watch them, read results as Arrow batches. Thread-safe; keep one.
/// </summary>
/// <remarks>
/// Speaks only the public protocols (<c>orleansflow.v1</c> and Arrow Flight). Connects at the first call and again after a loss. Every
/// method throws <see cref="FlowException"/> with a stable code when the gateway refuses or does not answer, and
/// <see cref="OperationCanceledException"/> when its token fires, within a second.
/// </remarks>
public sealed partial class FlowClient : IAsyncDisposable
{
    private readonly FlowClientOptions _options;
    private readonly TimeProvider _clock;
    private readonly Lazy<RpcChannel> _channel;
    private readonly Lazy<FlightLocations> _locations;
    private readonly TaskSubmitter _submitter;
    private readonly EndFollower _ends;

    /// <summary>Makes a client; nothing is sent yet.</summary>
    /// <param name="options">Which gateway, and how long to wait.</param>
    /// <param name="clock">Clock for time-outs; null: the system's.</param>
    public FlowClient(IOptions<FlowClientOptions> options, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Value;
        _clock = clock ?? TimeProvider.System;
        _channel = new Lazy<RpcChannel>(Open, LazyThreadSafetyMode.PublicationOnly);
        _ends = new EndFollower(this, _clock);
        Workflows = new FlowWorkflows(this, _ends, _clock);
        Schedules = new FlowSchedules(this);
        Jobs = new FlowJobs(this, _clock);
        _submitter = new TaskSubmitter((tasks, allowUnknownRoles) => SubmitTasksAsync(tasks, allowUnknownRoles, CancellationToken.None));
        _locations = new Lazy<FlightLocations>(() => new FlightLocations(_channel.Value, _clock), LazyThreadSafetyMode.PublicationOnly);
    }

    /// <summary>Workflow runs.</summary>
    public FlowWorkflows Workflows { get; }

    /// <summary>Schedules of workflow runs.</summary>
    public FlowSchedules Schedules { get; }

    /// <summary>Streaming jobs.</summary>
    public FlowJobs Jobs { get; }

    /// <summary>Makes a client for one address, outside a container.</summary>
    public static FlowClient Connect(string gateway, string? token = null) =>
        new(Microsoft.Extensions.Options.Options.Create(new FlowClientOptions { Gateway = gateway, Token = token }));

    /// <summary>Submits a graph document. Durable when it returns.</summary>
    /// <param name="documentJson">The graph as JSON.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Stops waiting; the run may have been accepted all the same, which a repeat with the same run id shows.</param>
    /// <returns>The run's id.</returns>
    /// <exception cref="FlowException"><c>bad_graph</c> with every problem, <c>data_file_missing</c>, <c>already_exists</c>, ...</exception>
    public async Task<RunId> SubmitGraphAsync(string documentJson, SubmitOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(documentJson);
        options ??= new SubmitOptions();
        var request = new SubmitGraphRequest
        {
            RunId = options.RunId.Value,
            DocumentJson = documentJson,
            AllowUnknownRoles = options.AllowUnknownRoles,
            IdempotencyKey = options.IdempotencyKey ?? "",
        };
        foreach (var (name, path) in GraphFiles.Resolve(documentJson, options))
        {
            request.Files[name] = path;
        }

        var response = await CallAsync(FlowMethods.SubmitGraph, request, cancellationToken).ConfigureAwait(false);
        return new RunId(response.RunId);
    }

    /// <summary>Submits a graph that was made in code; see <see cref="GraphDocument"/>.</summary>
    /// <exception cref="FlowException">As for a document.</exception>
    public Task<RunId> SubmitGraphAsync(GraphDefinition graph, SubmitOptions? options = null, CancellationToken cancellationToken = default) =>
        SubmitGraphAsync(GraphDocument.ToJson(graph), options, cancellationToken);

    /// <summary>Submits a graph document from a file; its relative paths are taken against the file's folder.</summary>
    /// <exception cref="FlowException"><c>data_file_missing</c> when the document itself is not there; else as <see cref="SubmitGraphAsync(string, SubmitOptions?, CancellationToken)"/>.</exception>
    public async Task<RunId> SubmitGraphFileAsync(string path, SubmitOptions? options = null, CancellationToken cancellationToken = default)
    {
        string document;
        try
        {
            document = await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorCode.DataFileMissing, $"Graph file '{path}' cannot be read: {exception.Message}", exception);
        }

        options ??= new SubmitOptions();
        return await SubmitGraphAsync(
            document, options with { BaseFolder = options.BaseFolder ?? Path.GetDirectoryName(Path.GetFullPath(path)) }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Where a run stands, with its nodes and, if they are not too many (see <see cref="NodeView.Tasks"/>), its tasks.</summary>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public async Task<RunView> GetRunAsync(RunId runId, CancellationToken cancellationToken = default) =>
        (await CallAsync(FlowMethods.GetRun, new GetRunRequest { RunId = runId.Value }, cancellationToken).ConfigureAwait(false)).ToView();

    /// <summary>A run's tasks in the order of nodes and indexes, however many; pages are fetched as they are needed.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="nodeId">Only this node's; null: all.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public async IAsyncEnumerable<TaskView> ListTasksAsync(
        RunId runId, string? nodeId = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = new ListTasksRequest { RunId = runId.Value, NodeId = nodeId ?? "" };
        do
        {
            var page = await CallAsync(FlowMethods.ListTasks, request, cancellationToken).ConfigureAwait(false);
            foreach (var task in page.Tasks)
            {
                yield return task.ToView();
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
    }

    /// <summary>Runs, newest first, without their nodes; pages are fetched as they are needed.</summary>
    /// <param name="statuses">Only these; none: all.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    public async IAsyncEnumerable<RunView> ListRunsAsync(
        IReadOnlyCollection<RunStatus>? statuses = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = new ListRunsRequest { States = { (statuses ?? []).Select(status => (RunState)status) } };
        do
        {
            var page = await CallAsync(FlowMethods.ListRuns, request, cancellationToken).ConfigureAwait(false);
            foreach (var run in page.Runs)
            {
                yield return run.ToView();
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
    }

    /// <summary>A snapshot, then every committed change, until the run has ended.</summary>
    /// <exception cref="FlowException"><c>not_found</c>; <c>gateway_unreachable</c> when the connection is lost: watch again, a snapshot comes first.</exception>
    public async IAsyncEnumerable<RunChange> WatchRunAsync(RunId runId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var change in StreamAsync(FlowMethods.WatchRun, new WatchRunRequest { RunId = runId.Value }, cancellationToken).ConfigureAwait(false))
        {
            yield return change.ToChange();
        }
    }

    /// <summary>Workers that have registered, newest first.</summary>
    public async Task<IReadOnlyList<FlowWorker>> ListWorkersAsync(CancellationToken cancellationToken = default)
    {
        var response = await CallAsync(FlowMethods.ListWorkers, new ListWorkersRequest(), cancellationToken).ConfigureAwait(false);
        return [.. response.Workers.Select(ProtocolViews.ToView)];
    }

    /// <summary>One worker that has registered.</summary>
    /// <exception cref="FlowException"><c>not_found</c>: it never has.</exception>
    public async Task<FlowWorker> GetWorkerAsync(WorkerId workerId, CancellationToken cancellationToken = default) =>
        (await CallAsync(FlowMethods.GetWorker, new GetWorkerRequest { WorkerId = workerId.Value }, cancellationToken).ConfigureAwait(false)).ToView();

    /// <summary>What the gateway says of itself and of what it depends on.</summary>
    public async Task<FlowHealth> GetHealthAsync(CancellationToken cancellationToken = default)
    {
        var health = await CallAsync(FlowMethods.GetHealth, new GetHealthRequest(), cancellationToken).ConfigureAwait(false);
        return new FlowHealth(
            health.ClusterId,
            health.Version,
            health.Now?.ToDateTimeOffset() ?? default,
            [.. health.Checks.Select(check => new FlowHealthCheck(check.Name, check.Healthy, check.Detail, check.Remedy))]);
    }

    /// <summary>Closes the connection; calls under way fail.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ends.DisposeAsync().ConfigureAwait(false);
        if (_locations.IsValueCreated)
        {
            await _locations.Value.DisposeAsync().ConfigureAwait(false);
        }

        if (_channel.IsValueCreated)
        {
            await _channel.Value.DisposeAsync().ConfigureAwait(false);
        }
    }

    private RpcChannel Open()
    {
        var endpoint = GatewayEndpoint.Find(_options.Gateway, _options.Token, _options.DataFolder);
        return RpcChannel.ForAddress(
            endpoint.GrpcUrl,
            new RpcChannelOptions
            {
                TimeProvider = _clock,
                Tls = GatewayTls.Load(_options.TlsAuthorityPath, _options.TlsCertificatePath, _options.TlsCertificatePassword),
                BearerToken = _ => ValueTask.FromResult(endpoint.Token),
            });
    }

    internal async Task<TResponse> CallAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, TRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await _channel.Value.UnaryAsync(
                method, request, new RpcCallOptions(_options.CallTimeout, CancellationToken: cancellationToken)).ConfigureAwait(false);
        }
        catch (RpcException exception)
        {
            throw RpcFailures.Translate(exception, _channel.Value.Address);
        }
    }

    /// <summary>Opens a call with streams both ways; what it throws is to be translated.</summary>
    internal RpcDuplexCall<TRequest, TResponse> OpenDuplex<TRequest, TResponse>(RpcMethod<TRequest, TResponse> method, CancellationToken cancellationToken) =>
        _channel.Value.Duplex(method, new RpcCallOptions(CancellationToken: cancellationToken));

    /// <summary>The failure that the gateway meant.</summary>
    internal FlowException Translate(RpcException exception) => RpcFailures.Translate(exception, _channel.Value.Address);

    internal async IAsyncEnumerable<TResponse> StreamAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, TRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var call = _channel.Value.ServerStreaming(method, request, new RpcCallOptions(CancellationToken: cancellationToken));
        var responses = call.GetAsyncEnumerator(cancellationToken);
        await using var _ = responses.ConfigureAwait(false);
        while (true)
        {
            try
            {
                if (!await responses.MoveNextAsync().ConfigureAwait(false))
                {
                    yield break;
                }
            }
            catch (RpcException exception)
            {
                throw RpcFailures.Translate(exception, _channel.Value.Address);
            }

            yield return responses.Current;
        }
    }
}
