using Google.Protobuf;
using OrleansFlow.Protocol.V1;
using OrleansFlow.Rpc;

namespace OrleansFlow.Silo.Gateway.Control;

/// <summary>The service <c>orleansflow.v1.Flow</c>: which call goes where.</summary>
internal sealed class FlowService(RunCalls runs, ArtifactCalls artifacts, TaskCalls tasks, WorkerCalls workers, GatewayHealth health)
{
    internal const string Name = "orleansflow.v1.Flow";

    /// <summary>Defines the service, for whatever server carries it.</summary>
    public RpcServiceDefinition Define() => new RpcServiceDefinition(Name)
        .Unary(Unary<SubmitGraphRequest, SubmitGraphResponse>("SubmitGraph"), (request, context) => runs.SubmitAsync(request, context.CancellationToken))
        .Unary(Unary<GetRunRequest, Run>("GetRun"), (request, context) => runs.GetAsync(request, context.CancellationToken))
        .Unary(Unary<ListNodesRequest, ListNodesResponse>("ListNodes"), (request, context) => runs.ListNodesAsync(request, context.CancellationToken))
        .Unary(Unary<ListTasksRequest, ListTasksResponse>("ListTasks"), (request, context) => runs.ListTasksAsync(request, context.CancellationToken))
        .Unary(Unary<ListRunsRequest, ListRunsResponse>("ListRuns"), (request, context) => runs.ListAsync(request, context.CancellationToken))
        .ServerStreaming(Stream<WatchRunRequest, RunEvent>("WatchRun"), (request, context) => runs.WatchAsync(request, context.CancellationToken))
        .Unary(Unary<CancelRunRequest, Run>("CancelRun"), (request, context) => runs.CancelAsync(request, context.CancellationToken))
        .Unary(Unary<PauseRunRequest, Run>("PauseRun"), (request, context) => runs.PauseAsync(request, context.CancellationToken))
        .Unary(Unary<ResumeRunRequest, Run>("ResumeRun"), (request, context) => runs.ResumeAsync(request, context.CancellationToken))
        .Unary(Unary<ReopenRunRequest, Run>("ReopenRun"), (request, context) => runs.ReopenAsync(request, context.CancellationToken))
        .Unary(Unary<DeleteRunRequest, DeleteRunResponse>("DeleteRun"), (request, context) => runs.DeleteAsync(request, context.CancellationToken))
        .Unary(Unary<WhyRunRequest, WhyRunResponse>("WhyRun"), (request, context) => runs.WhyAsync(request, context.CancellationToken))
        .Unary(Unary<SignalRunRequest, Run>("SignalRun"), (request, context) => runs.SignalAsync(request, context.CancellationToken))
        .Unary(Unary<ListArtifactsRequest, ListArtifactsResponse>("ListArtifacts"), (request, context) => artifacts.ListAsync(request, context.CancellationToken))
        .Unary(Unary<GetWorkerRequest, Protocol.V1.Worker>("GetWorker"), (request, context) => workers.GetAsync(request, context.CancellationToken))
        .Unary(Unary<DrainWorkerRequest, Protocol.V1.Worker>("DrainWorker"), (request, context) => workers.DrainAsync(request, context.CancellationToken))
        .Unary(Unary<ListWorkersRequest, ListWorkersResponse>("ListWorkers"), (_, context) => workers.ListAsync(context.CancellationToken))
        .Unary(Unary<SubmitTasksRequest, SubmitTasksResponse>("SubmitTasks"), (request, context) => tasks.SubmitAsync(request, context.CancellationToken))
        .Unary(Unary<GetTaskRequest, TaskDetail>("GetTask"), (request, context) => tasks.GetAsync(request, context.CancellationToken))
        .ServerStreaming(Stream<WatchTasksRequest, TaskDetail>("WatchTasks"), (request, context) => tasks.WatchAsync(request, context.CancellationToken))
        .Unary(Unary<CancelTaskRequest, TaskDetail>("CancelTask"), (request, context) => tasks.CancelAsync(request, context.CancellationToken))
        .Unary(Unary<GetHealthRequest, Health>("GetHealth"), (_, context) => health.CheckAsync(context.CancellationToken))
        .DescribedBy(FlowV1Reflection.Descriptor);

    private static RpcMethod<TRequest, TResponse> Unary<TRequest, TResponse>(string name)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        RpcMethod.Protobuf<TRequest, TResponse>(RpcMethodKind.Unary, Name, name);

    private static RpcMethod<TRequest, TResponse> Stream<TRequest, TResponse>(string name)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        RpcMethod.Protobuf<TRequest, TResponse>(RpcMethodKind.ServerStreaming, Name, name);
}
