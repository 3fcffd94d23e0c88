using System.Runtime.CompilerServices;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Client.Protocol;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Workflows.V1;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Orchestration;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Client.Workflows;

/// <summary>Workflow runs behind the gateway: <see cref="FlowClient.Workflows"/>. Thread-safe.</summary>
/// <remarks>
/// Values travel as JSON; a definition's code stays in the workers that serve it. Starts that are made at the same time share calls and commits, and so do
/// those who wait for ends; one that is alone leaves at once.
/// </remarks>
public sealed class FlowWorkflows
{
    private readonly RunStarter _starter;
    private readonly EndFollower _follower;
    private readonly Dictionary<string, Task> _registering;

    internal FlowWorkflows(FlowClient client, EndFollower follower, TimeProvider clock)
    {
        (Client, Clock, _follower) = (client, clock, follower);
        _registering = new Dictionary<string, Task>(StringComparer.Ordinal);
        _starter = new RunStarter((request, cancellationToken) => client.CallAsync(WorkflowMethods.StartRuns, request, cancellationToken));
    }

    private FlowWorkflows(FlowWorkflows other, JsonSerializerOptions json)
    {
        (Client, Clock, Json) = (other.Client, other.Clock, json);
        (_starter, _follower, _registering) = (other._starter, other._follower, other._registering);
    }

    internal FlowClient Client { get; }

    internal TimeProvider Clock { get; }

    /// <summary>How values are written; null for the defaults of <see cref="JsonSerializer"/>.</summary>
    internal JsonSerializerOptions? Json { get; }

    /// <summary>The same with other rules for JSON; give those that the workers use.</summary>
    /// <param name="json">The rules.</param>
    public FlowWorkflows WithJson(JsonSerializerOptions json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return new FlowWorkflows(this, json);
    }

    /// <summary>The orchestrator of the stores over this gateway: what is written against the one runs against the other. Values are JSON there.</summary>
    public IWorkflowOrchestrator ToOrchestrator() => new FlowOrchestrator(Client);

    /// <summary>Starts a run: durable when it returns. A definition that the gateway does not know is registered first.</summary>
    /// <typeparam name="TIn">The input of a run.</typeparam>
    /// <typeparam name="TOut">The output of a run.</typeparam>
    /// <typeparam name="TContext">What a run's steps share.</typeparam>
    /// <param name="definition">The definition.</param>
    /// <param name="context">The context to begin with.</param>
    /// <param name="input">The start node's input.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Stops waiting; the run may have been started, which a repeat with the same id or key shows.</param>
    /// <exception cref="FlowException"><c>already_exists</c>: the id stands for another run, or the version of the definition for another content; <c>bad_input</c>.</exception>
    public async Task<IWorkflowHandle<TOut>> StartAsync<TIn, TOut, TContext>(
        WorkflowDefinition<TIn, TOut, TContext> definition, TContext context, TIn input, WorkflowStartOptions? options = null, CancellationToken cancellationToken = default)
        where TContext : IMergeable<TContext>
    {
        ArgumentNullException.ThrowIfNull(definition);
        var compiled = definition.Compiled;
        var start = ToStart(compiled.Name, compiled.Version, JsonSerializer.Serialize(context, Json), JsonSerializer.Serialize(input, Json), options);
        start.DefinitionHash = compiled.Hash;
        RunId run;
        try
        {
            run = await _starter.StartAsync(start, cancellationToken).ConfigureAwait(false);
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.UnknownDefinition)
        {
            await RegisterOnceAsync(compiled).WaitAsync(cancellationToken).ConfigureAwait(false);
            run = await _starter.StartAsync(start, cancellationToken).ConfigureAwait(false);
        }

        return new WorkflowHandle<TOut>(this, run, compiled.Output);
    }

    /// <summary>Starts a run of a definition that the gateway knows, from JSON: durable when it returns.</summary>
    /// <param name="workflow">The workflow's name.</param>
    /// <param name="version">Its version, from 1.</param>
    /// <param name="context">The context to begin with; <c>default</c> for an empty one.</param>
    /// <param name="input">The start node's input.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Stops waiting; the run may have been started.</param>
    /// <exception cref="FlowException"><c>unknown_definition</c>: no worker or client has registered the version; <c>already_exists</c>; <c>bad_input</c>.</exception>
    public async Task<IWorkflowHandle> StartAsync(
        string workflow, int version, Payload context, Payload input, WorkflowStartOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(workflow);
        var run = await _starter.StartAsync(ToStart(workflow, version, context.ToText(), input.ToText(), options), cancellationToken).ConfigureAwait(false);
        return new WorkflowHandle<JsonElement>(this, run, OutputRule.First);
    }

    /// <summary>Keeps a version of a definition in the cluster. The same content again is fine.</summary>
    /// <param name="compiled">The definition without its code.</param>
    /// <param name="cancellationToken">Stops waiting; it may be kept.</param>
    /// <returns>True when it is new.</returns>
    /// <exception cref="FlowException"><c>already_exists</c>: the version has another content; raise the version.</exception>
    public async Task<bool> RegisterAsync(CompiledWorkflow compiled, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(compiled);
        var request = new RegisterDefinitionRequest { DefinitionJson = JsonSerializer.Serialize(compiled) };
        return (await Client.CallAsync(WorkflowMethods.RegisterDefinition, request, cancellationToken).ConfigureAwait(false)).Created;
    }

    /// <summary>A definition that the cluster keeps, without its code.</summary>
    /// <param name="workflow">The workflow's name.</param>
    /// <param name="version">Its version, from 1.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException"><c>unknown_definition</c>.</exception>
    public async Task<CompiledWorkflow> GetDefinitionAsync(string workflow, int version, CancellationToken cancellationToken = default)
    {
        var request = new GetDefinitionRequest { Workflow = workflow, Version = version };
        var response = await Client.CallAsync(WorkflowMethods.GetDefinition, request, cancellationToken).ConfigureAwait(false);
        return JsonSerializer.Deserialize<CompiledWorkflow>(response.DefinitionJson)!;
    }

    /// <summary>Every workflow that the cluster knows, by name, with its versions.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<WorkflowVersions>> ListDefinitionsAsync(CancellationToken cancellationToken = default)
    {
        var response = await Client.CallAsync(WorkflowMethods.ListDefinitions, new ListDefinitionsRequest(), cancellationToken).ConfigureAwait(false);
        return [.. response.Workflows.Select(one => new WorkflowVersions(one.Workflow, [.. one.Versions]))];
    }

    /// <summary>A run by its id; nothing is sent.</summary>
    /// <param name="run">The run.</param>
    public IWorkflowHandle Get(RunId run) => new WorkflowHandle<JsonElement>(this, run, OutputRule.First);

    /// <summary>A run by its id, with the type of its output; nothing is sent.</summary>
    /// <typeparam name="TOut">The output of a run.</typeparam>
    /// <param name="run">The run.</param>
    /// <param name="rule">The definition's rule for several outputs.</param>
    public IWorkflowHandle<TOut> Get<TOut>(RunId run, OutputRule rule = OutputRule.First) => new WorkflowHandle<TOut>(this, run, rule);

    /// <summary>Runs in the order of their starts, without outputs and metrics; pages are fetched as they are needed.</summary>
    /// <param name="filter">Which ones, and from which end; null: all, the newest first.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    public async IAsyncEnumerable<WorkflowRunView> ListAsync(WorkflowFilter? filter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        filter ??= new WorkflowFilter();
        var request = new ListRunsRequest
        {
            Workflow = filter.Workflow ?? "",
            Statuses = { filter.Statuses.Select(status => (RunStatus)status) },
            StartedFrom = filter.StartedFromUtc?.ToTimestamp(),
            StartedBefore = filter.StartedBeforeUtc?.ToTimestamp(),
            Attributes = { filter.Attributes?.ToDictionary() ?? [] },
            RunPrefix = filter.RunPrefix ?? "",
            ParentRunId = filter.Parent.Value,
            OldestFirst = filter.OldestFirst,
        };
        do
        {
            var page = await Client.CallAsync(WorkflowMethods.ListRuns, request, cancellationToken).ConfigureAwait(false);
            foreach (var run in page.Runs)
            {
                yield return run.ToView();
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
    }

    internal async Task<WorkflowRunView> GetAsync(RunId run, CancellationToken cancellationToken) =>
        (await Client.CallAsync(WorkflowMethods.GetRun, new GetRunRequest { RunId = run.Value }, cancellationToken).ConfigureAwait(false)).ToView();

    internal Task<WorkflowRunView> WaitAsync(RunId run, CancellationToken cancellationToken) => _follower.WaitAsync(run.Value, cancellationToken);

    internal async Task<WorkflowRunView> SteerAsync(RunId run, WorkflowSteer steer, string reason, long item, CancellationToken cancellationToken) =>
        (await Client.CallAsync(
            WorkflowMethods.SteerRun,
            new SteerRunRequest { RunId = run.Value, Kind = (SteerRunRequest.Types.Kind)steer, Reason = reason, Item = item },
            cancellationToken).ConfigureAwait(false)).ToView();

    internal async Task<WorkflowContextView> GetContextAsync(RunId run, CancellationToken cancellationToken)
    {
        var context = await Client.CallAsync(WorkflowMethods.GetContext, new GetContextRequest { RunId = run.Value }, cancellationToken).ConfigureAwait(false);
        return new WorkflowContextView(context.SnapshotJson.ToPayload(), context.SnapshotVersion, [.. context.DeltaJson.Select(delta => delta.ToPayload())]);
    }

    internal string NewId() => Guid.CreateVersion7(Clock.GetUtcNow()).ToString("n");

    /// <summary>Many starts that find a definition missing register it once.</summary>
    private Task RegisterOnceAsync(CompiledWorkflow compiled)
    {
        lock (_registering)
        {
            if (!_registering.TryGetValue(compiled.Hash, out var registering) || registering.IsCompleted)
            {
                _registering[compiled.Hash] = registering = RegisterAsync(compiled);
            }

            return registering;
        }
    }

    private RunStart ToStart(string workflow, int version, string contextJson, string inputJson, WorkflowStartOptions? options)
    {
        options ??= new WorkflowStartOptions();
        return new RunStart
        {
            // Made here and not by the gateway, so that a start can be sent again.
            RunId = options.RunId.IsDefault && options.IdempotencyKey is null ? NewId() : options.RunId.Value,
            IdempotencyKey = options.IdempotencyKey ?? "",
            Workflow = workflow,
            Version = version,
            ContextJson = contextJson,
            InputJson = inputJson,
            DeadlineMs = Milliseconds(options.Deadline),
            DelayMs = Milliseconds(options.Delay),
            Attributes = { options.Attributes?.ToDictionary() ?? [] },
            RetryJson = options.Retry is null ? "" : JsonSerializer.Serialize(options.Retry),
            ParentRunId = options.Parent.Value,
        };
    }

    private static long Milliseconds(TimeSpan? time) => time is { } value
        ? value > TimeSpan.Zero ? Math.Max(1, (long)value.TotalMilliseconds) : throw new FlowException(FlowErrorCode.BadInput, $"A time of {value} is not possible; give more than zero.")
        : 0;
}
