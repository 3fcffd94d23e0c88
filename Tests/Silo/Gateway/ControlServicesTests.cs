using Google.Protobuf;
using OrleansFlow.Protocol.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Protos;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>The control calls that only other languages use, and the services that every gRPC server offers.</summary>
public sealed class ControlServicesTests(SiloFixture fixture)
{
    private const string Flow = "orleansflow.v1.Flow";

    private const string Document = """{"name":"listed","nodes":[{"id":"scan","role":"numbers","tasks":3,"params":{"batches":4,"rows":10}}]}""";

    private static readonly RpcMethod<ListArtifactsRequest, ListArtifactsResponse> ListArtifacts =
        Describe<ListArtifactsRequest, ListArtifactsResponse>("ListArtifacts");

    private static readonly RpcMethod<ListWorkersRequest, ListWorkersResponse> ListWorkers =
        Describe<ListWorkersRequest, ListWorkersResponse>("ListWorkers");

    private static readonly RpcMethod<GetWorkerRequest, Protocol.V1.Worker> GetWorker = Describe<GetWorkerRequest, Protocol.V1.Worker>("GetWorker");

    private static RpcCallOptions Call => new(CancellationToken: TestContext.Current.CancellationToken);

    private RpcChannel Channel => fixture.Silo.Channel;

    [Fact]
    public async Task ListArtifacts_OfACompletedNode_PagesThroughItsBatchesInOrder()
    {
        var run = await fixture.Silo.Client.SubmitGraphAsync(Document, cancellationToken: TestContext.Current.CancellationToken);
        await fixture.Silo.Client.WaitForRunAsync(run, TestContext.Current.CancellationToken);

        var whole = await Channel.UnaryAsync(ListArtifacts, new ListArtifactsRequest { RunId = run.Value, NodeId = "scan" }, Call);
        var request = new ListArtifactsRequest { RunId = run.Value, NodeId = "scan", PageSize = 5 };
        var paged = new List<Artifact>();
        var pages = 0;
        do
        {
            var page = await Channel.UnaryAsync(ListArtifacts, request, Call);
            paged.AddRange(page.Artifacts);
            request.PageToken = page.NextPageToken;
            pages++;
        }
        while (request.PageToken.Length > 0);

        Assert.True(whole.Complete);
        Assert.Equal("", whole.NextPageToken);
        Assert.Equal(
            from task in Enumerable.Range(0, 3) from index in Enumerable.Range(0, 4) select (task, index, 10L),
            whole.Artifacts.Select(artifact => (artifact.TaskIndex, artifact.Index, artifact.Rows)));
        Assert.All(whole.Artifacts, artifact => Assert.True(artifact is { NodeId: "scan", Bytes: > 0, Path.Length: > 0 }));
        Assert.Equal(3, pages);
        Assert.Equal(whole.Artifacts, paged);
        Assert.Equal(
            whole.Artifacts.Select(artifact => (artifact.TaskIndex, artifact.Index, artifact.Rows, artifact.Bytes, artifact.Path)),
            (await fixture.Silo.Client.ListArtifactsAsync(run, "scan", TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken))
                .Select(artifact => (artifact.TaskIndex, artifact.Index, artifact.Rows, artifact.Bytes, artifact.Path)));
    }

    [Theory]
    [InlineData("no-such-run", "scan", 0, "", RpcStatusCode.NotFound)]
    [InlineData("no such run", "scan", 0, "", RpcStatusCode.InvalidArgument)]
    [InlineData("no-such-run", "scan", 1001, "", RpcStatusCode.InvalidArgument)]
    [InlineData("no-such-run", "scan", -1, "", RpcStatusCode.InvalidArgument)]
    [InlineData("no-such-run", "scan", 1000, "x", RpcStatusCode.InvalidArgument)]
    public async Task ListArtifacts_OfWhatIsNot_SaysWhy(string run, string node, int pageSize, string token, RpcStatusCode expected)
    {
        var failure = await Assert.ThrowsAsync<RpcException>(() => Channel.UnaryAsync(
            ListArtifacts, new ListArtifactsRequest { RunId = run, NodeId = node, PageSize = pageSize, PageToken = token }, Call));

        Assert.Equal(expected, failure.Code);
    }

    [Fact]
    public async Task GetWorker_OfAKnownAndAnUnknownOne()
    {
        var listed = (await Channel.UnaryAsync(ListWorkers, new ListWorkersRequest(), Call)).Workers[0];

        var worker = await Channel.UnaryAsync(GetWorker, new GetWorkerRequest { WorkerId = listed.WorkerId }, Call);
        var unknown = await Assert.ThrowsAsync<RpcException>(() => Channel.UnaryAsync(GetWorker, new GetWorkerRequest { WorkerId = "nobody" }, Call));
        var bad = await Assert.ThrowsAsync<RpcException>(() => Channel.UnaryAsync(GetWorker, new GetWorkerRequest { WorkerId = "" }, Call));

        Assert.Equal((listed.WorkerId, listed.Slots, listed.Host), (worker.WorkerId, worker.Slots, worker.Host));
        Assert.Equal((RpcStatusCode.NotFound, RpcStatusCode.InvalidArgument), (unknown.Code, bad.Code));
    }

    [Fact]
    public async Task GetWorkerAsync_OfTheClient_GivesTheSameAsTheListing()
    {
        var client = fixture.Silo.Client;
        var listed = (await client.ListWorkersAsync(TestContext.Current.CancellationToken))[0];

        var worker = await client.GetWorkerAsync(listed.WorkerId, TestContext.Current.CancellationToken);
        var unknown = await Assert.ThrowsAsync<OrleansFlow.Errors.FlowException>(
            () => client.GetWorkerAsync(new OrleansFlow.Tasks.WorkerId("nobody"), TestContext.Current.CancellationToken));

        Assert.Equal((listed.WorkerId, listed.Slots, listed.Host, listed.ProcessId), (worker.WorkerId, worker.Slots, worker.Host, worker.ProcessId));
        Assert.Equal(listed.Roles, worker.Roles);
        Assert.Equal(OrleansFlow.Errors.FlowErrorCode.NotFound, unknown.Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData(Flow)]
    [InlineData("arrow.flight.protocol.FlightService")]
    public async Task Health_OfARunningGateway_IsServing(string service)
    {
        var health = await Channel.UnaryAsync(RpcStandardMethods.HealthCheck, new HealthCheckRequest { Service = service }, Call);

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
    }

    [Fact]
    public async Task Reflection_DescribesEveryPublicService()
    {
        await using var call = Channel.Duplex(RpcStandardMethods.Reflection, Call);
        await call.WriteAsync(new ServerReflectionRequest { ListServices = "" }, TestContext.Current.CancellationToken);
        foreach (var service in (string[])[Flow, "orleansflow.worker.v1.WorkerSessions", "arrow.flight.protocol.FlightService"])
        {
            await call.WriteAsync(new ServerReflectionRequest { FileContainingSymbol = service }, TestContext.Current.CancellationToken);
        }

        await call.CompleteAsync();
        var answers = await call.ReadAllAsync(TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);

        Assert.Contains(Flow, answers[0].ListServicesResponse.Service.Select(service => service.Name));
        Assert.All(answers.Skip(1), answer => Assert.NotEmpty(answer.FileDescriptorResponse.FileDescriptorProto));
    }

    private static RpcMethod<TRequest, TResponse> Describe<TRequest, TResponse>(string name)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        RpcMethod.Protobuf<TRequest, TResponse>(RpcMethodKind.Unary, Flow, name);
}
