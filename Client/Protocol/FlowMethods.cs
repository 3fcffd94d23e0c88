using Google.Protobuf;
using OrleansFlow.Protocol.V1;
using OrleansFlow.Rpc;

namespace OrleansFlow.Client.Protocol;

/// <summary>The methods of <c>orleansflow.v1.Flow</c>.</summary>
internal static class FlowMethods
{
    public const string Service = "orleansflow.v1.Flow";

    public static readonly RpcMethod<SubmitGraphRequest, SubmitGraphResponse> SubmitGraph = Unary<SubmitGraphRequest, SubmitGraphResponse>("SubmitGraph");
    public static readonly RpcMethod<GetRunRequest, Run> GetRun = Unary<GetRunRequest, Run>("GetRun");
    public static readonly RpcMethod<ListNodesRequest, ListNodesResponse> ListNodes = Unary<ListNodesRequest, ListNodesResponse>("ListNodes");
    public static readonly RpcMethod<ListTasksRequest, ListTasksResponse> ListTasks = Unary<ListTasksRequest, ListTasksResponse>("ListTasks");
    public static readonly RpcMethod<ListArtifactsRequest, ListArtifactsResponse> ListArtifacts = Unary<ListArtifactsRequest, ListArtifactsResponse>("ListArtifacts");
    public static readonly RpcMethod<ListRunsRequest, ListRunsResponse> ListRuns = Unary<ListRunsRequest, ListRunsResponse>("ListRuns");
    public static readonly RpcMethod<WatchRunRequest, RunEvent> WatchRun = Streaming<WatchRunRequest, RunEvent>("WatchRun");
    public static readonly RpcMethod<PauseRunRequest, Run> PauseRun = Unary<PauseRunRequest, Run>("PauseRun");
    public static readonly RpcMethod<ResumeRunRequest, Run> ResumeRun = Unary<ResumeRunRequest, Run>("ResumeRun");
    public static readonly RpcMethod<ReopenRunRequest, Run> ReopenRun = Unary<ReopenRunRequest, Run>("ReopenRun");
    public static readonly RpcMethod<DeleteRunRequest, DeleteRunResponse> DeleteRun = Unary<DeleteRunRequest, DeleteRunResponse>("DeleteRun");
    public static readonly RpcMethod<WhyRunRequest, WhyRunResponse> WhyRun = Unary<WhyRunRequest, WhyRunResponse>("WhyRun");
    public static readonly RpcMethod<SignalRunRequest, Run> SignalRun = Unary<SignalRunRequest, Run>("SignalRun");
    public static readonly RpcMethod<CancelRunRequest, Run> CancelRun = Unary<CancelRunRequest, Run>("CancelRun");
    public static readonly RpcMethod<ListWorkersRequest, ListWorkersResponse> ListWorkers = Unary<ListWorkersRequest, ListWorkersResponse>("ListWorkers");
    public static readonly RpcMethod<GetWorkerRequest, Worker> GetWorker = Unary<GetWorkerRequest, Worker>("GetWorker");
    public static readonly RpcMethod<DrainWorkerRequest, Worker> DrainWorker = Unary<DrainWorkerRequest, Worker>("DrainWorker");
    public static readonly RpcMethod<SubmitTasksRequest, SubmitTasksResponse> SubmitTasks = Unary<SubmitTasksRequest, SubmitTasksResponse>("SubmitTasks");
    public static readonly RpcMethod<GetTaskRequest, TaskDetail> GetTask = Unary<GetTaskRequest, TaskDetail>("GetTask");
    public static readonly RpcMethod<WatchTasksRequest, TaskDetail> WatchTasks = Streaming<WatchTasksRequest, TaskDetail>("WatchTasks");
    public static readonly RpcMethod<CancelTaskRequest, TaskDetail> CancelTask = Unary<CancelTaskRequest, TaskDetail>("CancelTask");
    public static readonly RpcMethod<GetHealthRequest, Health> GetHealth = Unary<GetHealthRequest, Health>("GetHealth");

    private static RpcMethod<TRequest, TResponse> Unary<TRequest, TResponse>(string name)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        RpcMethod.Protobuf<TRequest, TResponse>(RpcMethodKind.Unary, Service, name);

    private static RpcMethod<TRequest, TResponse> Streaming<TRequest, TResponse>(string name)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        RpcMethod.Protobuf<TRequest, TResponse>(RpcMethodKind.ServerStreaming, Service, name);
}
