using Google.Protobuf;
using OrleansFlow.Protocol.Workflows.V1;
using OrleansFlow.Rpc;

namespace OrleansFlow.Client.Protocol;

/// <summary>The methods of <c>orleansflow.workflow.v1.Schedules</c>.</summary>
internal static class ScheduleMethods
{
    public const string Service = "orleansflow.workflow.v1.Schedules";

    public static readonly RpcMethod<PutScheduleRequest, PutScheduleResponse> Put = Unary<PutScheduleRequest, PutScheduleResponse>("PutSchedule");
    public static readonly RpcMethod<GetScheduleRequest, Schedule> Get = Unary<GetScheduleRequest, Schedule>("GetSchedule");
    public static readonly RpcMethod<ListSchedulesRequest, ListSchedulesResponse> List = Unary<ListSchedulesRequest, ListSchedulesResponse>("ListSchedules");
    public static readonly RpcMethod<PauseScheduleRequest, Schedule> Pause = Unary<PauseScheduleRequest, Schedule>("PauseSchedule");
    public static readonly RpcMethod<UnpauseScheduleRequest, Schedule> Unpause = Unary<UnpauseScheduleRequest, Schedule>("UnpauseSchedule");
    public static readonly RpcMethod<TriggerScheduleRequest, Schedule> Trigger = Unary<TriggerScheduleRequest, Schedule>("TriggerSchedule");
    public static readonly RpcMethod<BackfillScheduleRequest, Schedule> Backfill = Unary<BackfillScheduleRequest, Schedule>("BackfillSchedule");
    public static readonly RpcMethod<DeleteScheduleRequest, DeleteScheduleResponse> Delete = Unary<DeleteScheduleRequest, DeleteScheduleResponse>("DeleteSchedule");

    private static RpcMethod<TRequest, TResponse> Unary<TRequest, TResponse>(string name)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        RpcMethod.Protobuf<TRequest, TResponse>(RpcMethodKind.Unary, Service, name);
}
