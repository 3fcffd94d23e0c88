using Google.Protobuf;
using OrleansFlow.Protocol.Workflows.V1;
using OrleansFlow.Rpc;

namespace OrleansFlow.Client.Protocol;

/// <summary>The methods of <c>orleansflow.workflow.v1.Workflows</c>.</summary>
internal static class WorkflowMethods
{
    public const string Service = "orleansflow.workflow.v1.Workflows";

    public static readonly RpcMethod<RegisterDefinitionRequest, RegisterDefinitionResponse> RegisterDefinition = Unary<RegisterDefinitionRequest, RegisterDefinitionResponse>("RegisterDefinition");
    public static readonly RpcMethod<GetDefinitionRequest, Definition> GetDefinition = Unary<GetDefinitionRequest, Definition>("GetDefinition");
    public static readonly RpcMethod<ListDefinitionsRequest, ListDefinitionsResponse> ListDefinitions = Unary<ListDefinitionsRequest, ListDefinitionsResponse>("ListDefinitions");
    public static readonly RpcMethod<StartRunsRequest, StartRunsResponse> StartRuns = Unary<StartRunsRequest, StartRunsResponse>("StartRuns");
    public static readonly RpcMethod<GetRunRequest, Run> GetRun = Unary<GetRunRequest, Run>("GetRun");
    public static readonly RpcMethod<ListRunsRequest, ListRunsResponse> ListRuns = Unary<ListRunsRequest, ListRunsResponse>("ListRuns");
    public static readonly RpcMethod<SignalRunRequest, SignalRunResponse> SignalRun = Unary<SignalRunRequest, SignalRunResponse>("SignalRun");
    public static readonly RpcMethod<QueryRunRequest, QueryRunResponse> QueryRun = Unary<QueryRunRequest, QueryRunResponse>("QueryRun");
    public static readonly RpcMethod<UpdateRunRequest, UpdateRunResponse> UpdateRun = Unary<UpdateRunRequest, UpdateRunResponse>("UpdateRun");
    public static readonly RpcMethod<SteerRunRequest, Run> SteerRun = Unary<SteerRunRequest, Run>("SteerRun");
    public static readonly RpcMethod<GetRunStateRequest, RunState> GetRunState = Unary<GetRunStateRequest, RunState>("GetRunState");
    public static readonly RpcMethod<MigrateRunRequest, Run> MigrateRun = Unary<MigrateRunRequest, Run>("MigrateRun");
    public static readonly RpcMethod<DeleteRunRequest, DeleteRunResponse> DeleteRun = Unary<DeleteRunRequest, DeleteRunResponse>("DeleteRun");
    public static readonly RpcMethod<GetContextRequest, Context> GetContext = Unary<GetContextRequest, Context>("GetContext");
    public static readonly RpcMethod<ListItemsRequest, ListItemsResponse> ListItems = Unary<ListItemsRequest, ListItemsResponse>("ListItems");
    public static readonly RpcMethod<ListErrorsRequest, ListErrorsResponse> ListErrors = Unary<ListErrorsRequest, ListErrorsResponse>("ListErrors");
    public static readonly RpcMethod<ListHistoryRequest, ListHistoryResponse> ListHistory = Unary<ListHistoryRequest, ListHistoryResponse>("ListHistory");
    public static readonly RpcMethod<WhyRunRequest, WhyRunResponse> WhyRun = Unary<WhyRunRequest, WhyRunResponse>("WhyRun");

    public static readonly RpcMethod<FollowEndsRequest, FollowEndsResponse> FollowEnds =
        RpcMethod.Protobuf<FollowEndsRequest, FollowEndsResponse>(RpcMethodKind.Duplex, Service, "FollowEnds");

    private static RpcMethod<TRequest, TResponse> Unary<TRequest, TResponse>(string name)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        RpcMethod.Protobuf<TRequest, TResponse>(RpcMethodKind.Unary, Service, name);
}
