using Google.Protobuf;
using OrleansFlow.Protocol.Streaming.Jobs.V1;
using OrleansFlow.Rpc;

namespace OrleansFlow.Silo.Gateway.Jobs;

/// <summary>The service <c>orleansflow.streaming.v1.StreamJobs</c>: which call goes where.</summary>
internal sealed class StreamJobService(StreamJobCalls calls, StreamJobCheckpointCalls checkpoints)
{
    internal const string Name = "orleansflow.streaming.v1.StreamJobs";

    /// <summary>Defines the service, for whatever server carries it.</summary>
    public RpcServiceDefinition Define() => new RpcServiceDefinition(Name)
        .Unary(Unary<SubmitJobRequest, Job>("Submit"), (request, context) => calls.SubmitAsync(request, context.CancellationToken))
        .Unary(Unary<ListJobsRequest, ListJobsResponse>("List"), (request, context) => calls.ListAsync(request, context.CancellationToken))
        .Unary(Unary<GetJobRequest, Job>("Get"), (request, context) => calls.GetAsync(request.JobId, context.CancellationToken))
        .ServerStreaming(RpcMethod.Protobuf<WatchJobRequest, Job>(RpcMethodKind.ServerStreaming, Name, "Watch"), (request, context) => calls.WatchAsync(request, context.CancellationToken))
        .Unary(Unary<StopJobRequest, Job>("Stop"), (request, context) => calls.StopAsync(request, context.CancellationToken))
        .Unary(Unary<StartJobRequest, Job>("Start"), (request, context) => calls.StartAsync(request, context.CancellationToken))
        .Unary(Unary<RestartJobRequest, Job>("Restart"), (request, context) => calls.RestartAsync(request, context.CancellationToken))
        .Unary(Unary<RescaleJobRequest, Job>("Rescale"), (request, context) => calls.RescaleAsync(request, context.CancellationToken))
        .Unary(Unary<TakeCheckpointRequest, Job>("TakeCheckpoint"), (request, context) => calls.TakeCheckpointAsync(request, context.CancellationToken))
        .Unary(Unary<ListCheckpointsRequest, ListCheckpointsResponse>("ListCheckpoints"), (request, context) => checkpoints.ListAsync(request, context.CancellationToken))
        .Unary(Unary<CreateSavepointRequest, Savepoint>("CreateSavepoint"), (request, context) => checkpoints.CreateSavepointAsync(request, context.CancellationToken))
        .Unary(Unary<DeleteJobRequest, DeleteJobResponse>("Delete"), (request, context) => calls.DeleteAsync(request, context.CancellationToken))
        .Unary(Unary<ListSavepointsRequest, ListSavepointsResponse>("ListSavepoints"), (request, context) => checkpoints.ListSavepointsAsync(request, context.CancellationToken))
        .Unary(Unary<DeleteSavepointRequest, DeleteSavepointResponse>("DeleteSavepoint"), (request, context) => checkpoints.DeleteSavepointAsync(request, context.CancellationToken))
        .DescribedBy(StreamingJobsV1Reflection.Descriptor);

    private static RpcMethod<TRequest, TResponse> Unary<TRequest, TResponse>(string name)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        RpcMethod.Protobuf<TRequest, TResponse>(RpcMethodKind.Unary, Name, name);
}
