using OrleansFlow.Errors;
using OrleansFlow.Grains.Workflows;
using OrleansFlow.Graphs;
using OrleansFlow.Silo.Gateway.Control;
using OrleansFlow.Silo.Gateway.Errors;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Definitions;
using Wire = OrleansFlow.Protocol.Workflows.V1;

namespace OrleansFlow.Silo.Gateway.Workflows;

/// <summary>Calls that change workflow runs.</summary>
internal sealed class WorkflowCalls(IGrainFactory grains, IWorkflowStarter starter, IIdSource ids, TimeProvider clock)
{
    private const int StartsMax = 1_000;

    /// <summary>A plan holds a definition, a context and the inputs of all items.</summary>
    private const int PlanBytesMax = 4 * 1024 * 1024;

    public async Task<Wire.RegisterDefinitionResponse> RegisterAsync(Wire.RegisterDefinitionRequest request, CancellationToken cancellationToken)
    {
        var payload = WorkflowMapping.ToPayload(request.DefinitionJson, "definition_json");
        CompiledWorkflow compiled;
        try
        {
            compiled = System.Text.Json.JsonSerializer.Deserialize<CompiledWorkflow>(payload.Utf8.Span) ?? throw new System.Text.Json.JsonException("it is null");
        }
        catch (System.Text.Json.JsonException exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"definition_json is no workflow definition: {exception.Message}", exception);
        }

        var (name, version) = WorkflowMapping.ToWorkflow(compiled.Name, compiled.Version);
        var created = await grains.GetGrain<IWorkflowDefinitionGrain>(WorkflowDefinitionKeys.Of(name, version)).RegisterAsync(payload, cancellationToken);
        return new Wire.RegisterDefinitionResponse { Workflow = name, Version = version, Created = created };
    }

    public async Task<Wire.StartRunsResponse> StartAsync(Wire.StartRunsRequest request, CancellationToken cancellationToken)
    {
        if (request.Runs.Count is 0 or > StartsMax)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"{request.Runs.Count} runs in one call; 1 to {StartsMax} are possible.");
        }

        var nowUtc = clock.GetUtcNow();
        var answers = new Wire.RunStarted[request.Runs.Count];
        var (starts, places) = (new List<(RunId Run, WorkflowStart Start)>(answers.Length), new List<int>(answers.Length));
        for (var position = 0; position < answers.Length; position++)
        {
            try
            {
                starts.Add((RunOf(request.Runs[position]), StartOf(request.Runs[position], nowUtc)));
                places.Add(position);
            }
            catch (Exception exception)
            {
                // Its neighbours have nothing to do with it.
                answers[position] = NotStarted(request.Runs[position], FlowFailures.Translate(exception));
            }
        }

        var starting = starter.Start(starts);
        for (var place = 0; place < places.Count; place++)
        {
            var started = request.Runs[places[place]];
            try
            {
                answers[places[place]] = new Wire.RunStarted { RunId = starts[place].Run.Value, Created = await starting[place].WaitAsync(cancellationToken) };
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                answers[places[place]] = NotStarted(started, FlowFailures.Translate(exception));
            }
        }

        return new Wire.StartRunsResponse { Runs = { answers } };
    }

    public async Task<Wire.SignalRunResponse> SignalAsync(Wire.SignalRunRequest request, CancellationToken cancellationToken) => new()
    {
        Accepted = await Run(request.RunId).SignalAsync(
            WorkflowMapping.ToName(request.Name, "signal"),
            WorkflowMapping.ToPayload(request.PayloadJson, "payload_json"),
            request.SignalId.Length == 0 ? null : WorkflowMapping.ToName(request.SignalId, "signal's id"),
            cancellationToken),
    };

    public async Task<Wire.QueryRunResponse> QueryAsync(Wire.QueryRunRequest request, CancellationToken cancellationToken) => new()
    {
        ResultJson = (await Run(request.RunId).QueryAsync(
            WorkflowMapping.ToName(request.Name, "query"), WorkflowMapping.ToPayload(request.ArgumentJson, "argument_json"), cancellationToken)).ToText(),
    };

    public async Task<Wire.UpdateRunResponse> UpdateAsync(Wire.UpdateRunRequest request, CancellationToken cancellationToken) => new()
    {
        ResultJson = (await Run(request.RunId).UpdateAsync(
            WorkflowMapping.ToName(request.Name, "update"),
            WorkflowMapping.ToPayload(request.ArgumentJson, "argument_json"),
            request.UpdateId.Length == 0 ? ids.NewId() : WorkflowMapping.ToName(request.UpdateId, "update's id"),
            cancellationToken)).ToText(),
    };

    public async Task<Wire.Run> SteerAsync(Wire.SteerRunRequest request, CancellationToken cancellationToken)
    {
        var kind = (WorkflowSteer)request.Kind;
        if (!Enum.IsDefined(kind))
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Kind {(int)request.Kind} is none that a run can be steered by.");
        }

        if (kind == WorkflowSteer.Reset && request.Item < 1)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Item {request.Item} is none that a run can be reset to; name one of its history, 1 or more.");
        }

        var steering = new WorkflowSteering(kind, RunCalls.CheckReason(request.Reason), request.Item);
        return (await Run(request.RunId).SteerAsync(steering, cancellationToken)).ToWire();
    }

    public async Task<Wire.Run> MigrateAsync(Wire.MigrateRunRequest request, CancellationToken cancellationToken)
    {
        var plan = WorkflowMapping.ToPayload(request.PlanJson, "plan_json", PlanBytesMax);
        return plan.IsDefault
            ? throw new FlowException(FlowErrorCode.BadInput, "plan_json is empty. Make a plan by the run's state (GetRunState).")
            : (await Run(request.RunId).MigrateAsync(plan, cancellationToken)).ToWire();
    }

    public async Task<Wire.DeleteRunResponse> DeleteAsync(Wire.DeleteRunRequest request, CancellationToken cancellationToken) =>
        await Run(request.RunId).DeleteAsync(cancellationToken) ? new Wire.DeleteRunResponse() : throw WorkflowReads.Unknown(ControlMapping.ToRunId(request.RunId));

    private static Wire.RunStarted NotStarted(Wire.RunStart request, FlowException failure) =>
        new() { RunId = request.RunId, ErrorCode = failure.Kind.Wire, ErrorMessage = failure.Message };

    private static WorkflowStart StartOf(Wire.RunStart request, DateTimeOffset nowUtc)
    {
        var (name, version) = WorkflowMapping.ToWorkflow(request.Workflow, request.Version);
        return new WorkflowStart
        {
            Workflow = name,
            Version = version,
            Hash = request.DefinitionHash.Length == 0 ? null : request.DefinitionHash,
            Context = WorkflowMapping.ToPayload(request.ContextJson, "context_json"),
            Input = WorkflowMapping.ToPayload(request.InputJson, "input_json"),
            IdempotencyKey = request.IdempotencyKey.Length == 0 ? null : request.IdempotencyKey,
            Parent = request.ParentRunId.Length == 0 ? default : ControlMapping.ToRunId(request.ParentRunId),
            DeadlineUtc = nowUtc + WorkflowMapping.ToTime(request.DeadlineMs, "deadline_ms"),
            NotBeforeUtc = nowUtc + WorkflowMapping.ToTime(request.DelayMs, "delay_ms"),
            Attributes = WorkflowMapping.ToAttributes(request.Attributes),
            Retry = WorkflowMapping.ToPayload(request.RetryJson, "retry_json"),
        };
    }

    private RunId RunOf(Wire.RunStart request) => (request.RunId, request.IdempotencyKey) switch
    {
        ("", "") => new RunId(ids.NewId()),
        ("", { Length: <= IdempotencyKeys.CharsMax } key) => IdempotencyKeys.RunOf(key),
        ("", { } key) => throw new FlowException(FlowErrorCode.BadInput, $"idempotency_key has {key.Length} characters; at most {IdempotencyKeys.CharsMax} are possible."),
        ({ } id, "") => ControlMapping.ToRunId(id),
        _ => throw new FlowException(FlowErrorCode.BadInput, "run_id and idempotency_key are both given; give one: a run id that is chosen by the caller is a key already."),
    };

    private IWorkflowRunGrain Run(string id) => grains.GetGrain<IWorkflowRunGrain>(ControlMapping.ToRunId(id).Value);
}
