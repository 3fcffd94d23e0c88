using Google.Protobuf;
using OrleansFlow.Protocol.Workflows.V1;
using OrleansFlow.Rpc;

namespace OrleansFlow.Silo.Gateway.Workflows;

/// <summary>The service <c>orleansflow.workflow.v1.Workflows</c>: which call goes where.</summary>
internal sealed class WorkflowService(WorkflowCalls calls, WorkflowReads reads, WorkflowEnds ends)
{
    internal const string Name = "orleansflow.workflow.v1.Workflows";

    /// <summary>Defines the service, for whatever server carries it.</summary>
    public RpcServiceDefinition Define() => new RpcServiceDefinition(Name)
        .Unary(Unary<RegisterDefinitionRequest, RegisterDefinitionResponse>("RegisterDefinition"), (request, context) => calls.RegisterAsync(request, context.CancellationToken))
        .Unary(Unary<GetDefinitionRequest, Definition>("GetDefinition"), (request, context) => reads.GetDefinitionAsync(request, context.CancellationToken))
        .Unary(Unary<ListDefinitionsRequest, ListDefinitionsResponse>("ListDefinitions"), (request, context) => reads.ListDefinitionsAsync(context.CancellationToken))
        .Unary(Unary<StartRunsRequest, StartRunsResponse>("StartRuns"), (request, context) => calls.StartAsync(request, context.CancellationToken))
        .Unary(Unary<GetRunRequest, Run>("GetRun"), (request, context) => reads.GetAsync(request, context.CancellationToken))
        .Unary(Unary<ListRunsRequest, ListRunsResponse>("ListRuns"), (request, context) => reads.ListAsync(request, context.CancellationToken))
        .ServerStreaming(
            RpcMethod.Protobuf<WatchEndsRequest, Run>(RpcMethodKind.ServerStreaming, Name, "WatchEnds"), (request, context) => ends.WatchAsync(request, context.CancellationToken))
        .Duplex(
            RpcMethod.Protobuf<FollowEndsRequest, FollowEndsResponse>(RpcMethodKind.Duplex, Name, "FollowEnds"),
            (requests, context) => ends.FollowAsync(requests, context.CancellationToken))
        .Unary(Unary<SignalRunRequest, SignalRunResponse>("SignalRun"), (request, context) => calls.SignalAsync(request, context.CancellationToken))
        .Unary(Unary<QueryRunRequest, QueryRunResponse>("QueryRun"), (request, context) => calls.QueryAsync(request, context.CancellationToken))
        .Unary(Unary<UpdateRunRequest, UpdateRunResponse>("UpdateRun"), (request, context) => calls.UpdateAsync(request, context.CancellationToken))
        .Unary(Unary<SteerRunRequest, Run>("SteerRun"), (request, context) => calls.SteerAsync(request, context.CancellationToken))
        .Unary(Unary<GetRunStateRequest, RunState>("GetRunState"), (request, context) => reads.GetStateAsync(request, context.CancellationToken))
        .Unary(Unary<MigrateRunRequest, Run>("MigrateRun"), (request, context) => calls.MigrateAsync(request, context.CancellationToken))
        .Unary(Unary<DeleteRunRequest, DeleteRunResponse>("DeleteRun"), (request, context) => calls.DeleteAsync(request, context.CancellationToken))
        .Unary(Unary<GetContextRequest, Context>("GetContext"), (request, context) => reads.GetContextAsync(request, context.CancellationToken))
        .Unary(Unary<ListItemsRequest, ListItemsResponse>("ListItems"), (request, context) => reads.ListItemsAsync(request, context.CancellationToken))
        .Unary(Unary<ListErrorsRequest, ListErrorsResponse>("ListErrors"), (request, context) => reads.ListErrorsAsync(request, context.CancellationToken))
        .Unary(Unary<ListHistoryRequest, ListHistoryResponse>("ListHistory"), (request, context) => reads.ListHistoryAsync(request, context.CancellationToken))
        .Unary(Unary<WhyRunRequest, WhyRunResponse>("WhyRun"), (request, context) => reads.WhyAsync(request, context.CancellationToken))
        .DescribedBy(WorkflowV1Reflection.Descriptor);

    private static RpcMethod<TRequest, TResponse> Unary<TRequest, TResponse>(string name)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        RpcMethod.Protobuf<TRequest, TResponse>(RpcMethodKind.Unary, Name, name);
}
