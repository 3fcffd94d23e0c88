using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Protos;
using OrleansFlow.Tests.Rpc.Interop;
using OrleansFlow.Tests.Rpc.Protos;
using ServingStatus = OrleansFlow.Rpc.Protos.HealthCheckResponse.Types.ServingStatus;

namespace OrleansFlow.Tests.Rpc;

/// <summary>Health and reflection.</summary>
public sealed class RpcStandardServicesTests
{
    private const int TimeoutMs = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = TimeoutMs)]
    public async Task Health_OfServerAndServices_IsServingUntilSaidOtherwise()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();

        Assert.Equal(ServingStatus.Serving, await CheckAsync(channel, ""));
        Assert.Equal(ServingStatus.Serving, await CheckAsync(channel, EchoMethods.Service));
        host.Health.Set(EchoMethods.Service, serving: false);
        Assert.Equal(ServingStatus.NotServing, await CheckAsync(channel, EchoMethods.Service));
        Assert.Equal(ServingStatus.Serving, await CheckAsync(channel, ""));
        host.Health.Set("", _ => throw new TimeoutException("the check itself fails"));
        Assert.Equal(ServingStatus.NotServing, await CheckAsync(channel, ""));
        var unknown = await Assert.ThrowsAsync<RpcException>(() => CheckAsync(channel, "no.Such"));
        Assert.Equal(RpcStatusCode.NotFound, unknown.Code);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Health_Watched_TellsEachChangeAndTheStop()
    {
        await using var host = await EchoHost.StartAsync(options => options.ShutdownGrace = TimeSpan.FromMinutes(1));
        await using var channel = host.Connect();
        await using var changes = channel.ServerStreaming(RpcStandardMethods.HealthWatch, new HealthCheckRequest { Service = "later" })
            .GetAsyncEnumerator(Token);

        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync());
        host.Health.Set("later", serving: true);
        Assert.Equal(ServingStatus.Serving, await NextAsync());
        var stop = host.StopAsync();
        Assert.Equal(ServingStatus.NotServing, await NextAsync());
        await changes.DisposeAsync();
        await stop;

        async Task<ServingStatus> NextAsync()
        {
            Assert.True(await changes.MoveNextAsync());
            return changes.Current.Status;
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Reflection_ListsServicesAndDescribesWhatIsDescribed()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();

        var list = await AskAsync(channel, new ServerReflectionRequest { ListServices = "" });
        Assert.Equal(
            [RpcStandardMethods.HealthService, RpcStandardMethods.ReflectionService, InteropMethods.Service, EchoMethods.Service],
            list.ListServicesResponse.Service.Select(service => service.Name));

        foreach (var symbol in (string[])["orleansflow.tests.Echo", "orleansflow.tests.Echo.Say", "orleansflow.tests.EchoReply"])
        {
            var found = await AskAsync(channel, new ServerReflectionRequest { FileContainingSymbol = symbol });
            var file = FileDescriptorProto.Parser.ParseFrom(Assert.Single(found.FileDescriptorResponse.FileDescriptorProto));
            Assert.Equal("echo.proto", file.Name);
        }

        Assert.Single((await AskAsync(channel, new ServerReflectionRequest { FileByFilename = "echo.proto" })).FileDescriptorResponse.FileDescriptorProto);
        Assert.Empty((await AskAsync(channel, new ServerReflectionRequest { AllExtensionNumbersOfType = "orleansflow.tests.EchoReply" }))
            .AllExtensionNumbersResponse.ExtensionNumber);
        foreach (var unknown in (ServerReflectionRequest[])
        [
            new() { FileContainingSymbol = InteropMethods.Service },
            new() { FileByFilename = "no.proto" },
            new() { AllExtensionNumbersOfType = "no.Such" },
            new() { FileContainingExtension = new ExtensionRequest { ContainingType = "no.Such", ExtensionNumber = 1 } },
        ])
        {
            Assert.Equal((int)RpcStatusCode.NotFound, (await AskAsync(channel, unknown)).ErrorResponse.ErrorCode);
        }

        Assert.Equal((int)RpcStatusCode.InvalidArgument, (await AskAsync(channel, new ServerReflectionRequest())).ErrorResponse.ErrorCode);
    }

    [Fact]
    public void DescribedBy_AFileWithoutTheService_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new RpcServiceDefinition("no.Such").DescribedBy(EchoReflection.Descriptor));

    [Fact(Timeout = 180_000)]
    public async Task GrpcJs_WithReflectionAlone_FindsAndCallsTheService()
    {
        await NodeTool.RequireAsync(Token);
        await using var host = await EchoHost.StartAsync();

        var report = await NodeTool.RunAsync("grpc-tools.mjs", [host.Port, RepositoryRoot.Combine("Foundation", "Rpc", "Protos")], Token);

        var expected = JsonNode.Parse(
            """
            {
              "services": ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.testing.TestService", "orleansflow.tests.Echo"],
              "unknown": 5,
              "said": "found by reflection",
              "health": ["SERVING", "SERVING", 5]
            }
            """);
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(report)), report);
    }

    private static async Task<ServingStatus> CheckAsync(RpcChannel channel, string service) =>
        (await channel.UnaryAsync(RpcStandardMethods.HealthCheck, new HealthCheckRequest { Service = service }, new(CancellationToken: Token))).Status;

    private static async Task<ServerReflectionResponse> AskAsync(RpcChannel channel, ServerReflectionRequest request)
    {
        await using var call = channel.Duplex(RpcStandardMethods.Reflection, new(CancellationToken: Token));
        await call.WriteAsync(request, Token);
        await call.CompleteAsync();
        return await call.ReadAllAsync(Token).SingleAsync(Token);
    }
}
