using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Worker.Jobs.Metrics;

namespace OrleansFlow.Worker.Jobs;

/// <summary>The service <c>orleansflow.streaming.v1.WorkerService</c>: the same orders as in the session, as calls.</summary>
/// <param name="jobs">Carries them out.</param>
internal sealed class WorkerRpcService(JobHost jobs)
{
    /// <summary>Name of the service.</summary>
    public const string Name = "orleansflow.streaming.v1.WorkerService";

    /// <summary>Defines the service, for whatever server carries it.</summary>
    public RpcServiceDefinition Define() => new RpcServiceDefinition(Name)
        .Unary(Unary<GetWorkerPhaseRequest, GetWorkerPhaseResponse>("GetWorkerPhase"), (request, _) => Task.FromResult(PhaseOf(request)))
        .Unary(Unary<StartExecutionRequest, StartExecutionResponse>("StartExecution"), (request, _) => Task.FromResult(Start(request)))
        .Unary(Unary<CheckpointRequest, CheckpointResponse>("Checkpoint"), (request, context) => AfterAsync(jobs.CheckpointAsync(request, context.CancellationToken), new CheckpointResponse()))
        .Unary(Unary<GiveUpCheckpointRequest, GiveUpCheckpointResponse>("GiveUpCheckpoint"), (request, context) =>
            AfterAsync(jobs.GiveUpCheckpointAsync(request, context.CancellationToken), new GiveUpCheckpointResponse()))
        .Unary(Unary<CommitRequest, CommitResponse>("Commit"), (request, context) => AfterAsync(jobs.CommitAsync(request, context.CancellationToken), new CommitResponse()))
        .Unary(Unary<LoadCompactedDataRequest, LoadCompactedDataResponse>("LoadCompactedData"), (request, context) =>
            AfterAsync(jobs.LoadCompactedDataAsync(request, context.CancellationToken), new LoadCompactedDataResponse()))
        .Unary(Unary<StopExecutionRequest, StopExecutionResponse>("StopExecution"), (request, context) => AfterAsync(jobs.StopAsync(request, context.CancellationToken), new StopExecutionResponse()))
        .Unary(Unary<JobFinishedRequest, JobFinishedResponse>("JobFinished"), (request, context) => AfterAsync(jobs.FinishAsync(request, context.CancellationToken), new JobFinishedResponse()))
        .Unary(Unary<GetMetricsRequest, GetMetricsResponse>("GetMetrics"), (request, _) => Task.FromResult(MetricsOf(jobs, request)))
        .DescribedBy(StreamingV1Reflection.Descriptor);

    /// <summary>What the subtasks of a job have done; of all jobs when none is named.</summary>
    /// <exception cref="Errors.FlowException">Another worker is meant (<c>not_found</c>), or the job is not here (<c>already_ended</c>).</exception>
    public static GetMetricsResponse MetricsOf(JobHost jobs, GetMetricsRequest request) => JobMetrics.ToResponse(JobMetrics.Of(
        request.Context is { JobId.Length: 0 } worker && worker.WorkerId == jobs.Setup.WorkerId ? jobs.Counters() : [(request.Context!, jobs.CountersOf(request.Context))]));

    private static async Task<TResponse> AfterAsync<TResponse>(Task order, TResponse response)
    {
        await order;
        return response;
    }

    private static RpcMethod<TRequest, TResponse> Unary<TRequest, TResponse>(string name)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        RpcMethod.Protobuf<TRequest, TResponse>(RpcMethodKind.Unary, Name, name);

    private StartExecutionResponse Start(StartExecutionRequest request)
    {
        jobs.Start(request);
        return new StartExecutionResponse();
    }

    private GetWorkerPhaseResponse PhaseOf(GetWorkerPhaseRequest request)
    {
        var standing = jobs.PhaseOf(request.Context);
        return new GetWorkerPhaseResponse
        {
            Phase = standing.Phase,
            PhaseStartedAt = standing.Phase is WorkerPhase.Initializing or WorkerPhase.Failed ? Timestamp.FromDateTimeOffset(standing.SinceUtc) : null,
            ErrorMessage = standing.Error,
        };
    }
}
