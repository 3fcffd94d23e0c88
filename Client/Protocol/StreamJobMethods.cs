using Google.Protobuf;
using OrleansFlow.Protocol.Streaming.Jobs.V1;
using OrleansFlow.Rpc;

namespace OrleansFlow.Client.Protocol;

/// <summary>The methods of <c>orleansflow.streaming.v1.StreamJobs</c>.</summary>
internal static class StreamJobMethods
{
    public const string Service = "orleansflow.streaming.v1.StreamJobs";

    public static readonly RpcMethod<SubmitJobRequest, Job> Submit = Unary<SubmitJobRequest, Job>("Submit");
    public static readonly RpcMethod<ListJobsRequest, ListJobsResponse> List = Unary<ListJobsRequest, ListJobsResponse>("List");
    public static readonly RpcMethod<GetJobRequest, Job> Get = Unary<GetJobRequest, Job>("Get");
    public static readonly RpcMethod<WatchJobRequest, Job> Watch = RpcMethod.Protobuf<WatchJobRequest, Job>(RpcMethodKind.ServerStreaming, Service, "Watch");
    public static readonly RpcMethod<StopJobRequest, Job> Stop = Unary<StopJobRequest, Job>("Stop");
    public static readonly RpcMethod<StartJobRequest, Job> Start = Unary<StartJobRequest, Job>("Start");
    public static readonly RpcMethod<RestartJobRequest, Job> Restart = Unary<RestartJobRequest, Job>("Restart");
    public static readonly RpcMethod<RescaleJobRequest, Job> Rescale = Unary<RescaleJobRequest, Job>("Rescale");
    public static readonly RpcMethod<TakeCheckpointRequest, Job> TakeCheckpoint = Unary<TakeCheckpointRequest, Job>("TakeCheckpoint");
    public static readonly RpcMethod<ListCheckpointsRequest, ListCheckpointsResponse> ListCheckpoints = Unary<ListCheckpointsRequest, ListCheckpointsResponse>("ListCheckpoints");
    public static readonly RpcMethod<CreateSavepointRequest, Savepoint> CreateSavepoint = Unary<CreateSavepointRequest, Savepoint>("CreateSavepoint");
    public static readonly RpcMethod<DeleteJobRequest, DeleteJobResponse> Delete = Unary<DeleteJobRequest, DeleteJobResponse>("Delete");
    public static readonly RpcMethod<ListSavepointsRequest, ListSavepointsResponse> ListSavepoints = Unary<ListSavepointsRequest, ListSavepointsResponse>("ListSavepoints");
    public static readonly RpcMethod<DeleteSavepointRequest, DeleteSavepointResponse> DeleteSavepoint = Unary<DeleteSavepointRequest, DeleteSavepointResponse>("DeleteSavepoint");

    private static RpcMethod<TRequest, TResponse> Unary<TRequest, TResponse>(string name)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        RpcMethod.Protobuf<TRequest, TResponse>(RpcMethodKind.Unary, Service, name);
}
