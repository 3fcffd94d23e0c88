using Google.Protobuf;
using OrleansFlow.Protocol.Workflows.V1;
using OrleansFlow.Rpc;

namespace OrleansFlow.Silo.Gateway.Workflows;

/// <summary>The service <c>orleansflow.workflow.v1.Schedules</c>: which call goes where.</summary>
internal sealed class ScheduleService(ScheduleCalls calls)
{
    internal const string Name = "orleansflow.workflow.v1.Schedules";

    /// <summary>Defines the service, for whatever server carries it.</summary>
    public RpcServiceDefinition Define() => new RpcServiceDefinition(Name)
        .Unary(Unary<PutScheduleRequest, PutScheduleResponse>("PutSchedule"), (request, context) => calls.PutAsync(request, context.CancellationToken))
        .Unary(Unary<GetScheduleRequest, Schedule>("GetSchedule"), (request, context) => calls.GetAsync(request, context.CancellationToken))
        .Unary(Unary<ListSchedulesRequest, ListSchedulesResponse>("ListSchedules"), (request, context) => calls.ListAsync(request, context.CancellationToken))
        .Unary(Unary<PauseScheduleRequest, Schedule>("PauseSchedule"), (request, context) => calls.PauseAsync(request, context.CancellationToken))
        .Unary(Unary<UnpauseScheduleRequest, Schedule>("UnpauseSchedule"), (request, context) => calls.UnpauseAsync(request, context.CancellationToken))
        .Unary(Unary<TriggerScheduleRequest, Schedule>("TriggerSchedule"), (request, context) => calls.TriggerAsync(request, context.CancellationToken))
        .Unary(Unary<BackfillScheduleRequest, Schedule>("BackfillSchedule"), (request, context) => calls.BackfillAsync(request, context.CancellationToken))
        .Unary(Unary<DeleteScheduleRequest, DeleteScheduleResponse>("DeleteSchedule"), (request, context) => calls.DeleteAsync(request, context.CancellationToken))
        .DescribedBy(WorkflowV1Reflection.Descriptor);

    private static RpcMethod<TRequest, TResponse> Unary<TRequest, TResponse>(string name)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        RpcMethod.Protobuf<TRequest, TResponse>(RpcMethodKind.Unary, Name, name);
}
