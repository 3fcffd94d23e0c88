using System.Text.Json.Nodes;
using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Rpc.Interop;

/// <summary>The public gRPC interop cases between our halves, and with npm <c>@grpc/grpc-js</c> both ways.</summary>
public sealed class InteropTests(InteropTests.GrpcJsServer grpcJs) : IClassFixture<InteropTests.GrpcJsServer>
{
    private const int TimeoutMs = 180_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> PlainCases { get; } = [.. InteropCases.Plain.Keys];

    public static TheoryData<string> CompressedCases { get; } = [.. InteropCases.Compressed.Keys];

    [Theory(Timeout = TimeoutMs)]
    [MemberData(nameof(PlainCases))]
    [MemberData(nameof(CompressedCases))]
    public async Task OurClient_CallsOurServer_AsTheCaseSays(string name)
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();

        await (InteropCases.Plain.GetValueOrDefault(name) ?? InteropCases.Compressed[name])(channel, Token);
    }

    [Theory(Timeout = TimeoutMs)]
    [MemberData(nameof(PlainCases))]
    public async Task OurClient_CallsGrpcJs_AsTheCaseSays(string name)
    {
        await using var channel = RpcChannel.ForAddress(await grpcJs.GetAddressAsync(compressing: false));

        await InteropCases.Plain[name](channel, Token);
    }

    [Theory(Timeout = TimeoutMs)]
    [MemberData(nameof(CompressedCases))]
    public async Task OurClient_CallsNodeHttp2_AsTheCaseSays(string name)
    {
        await using var channel = RpcChannel.ForAddress(await grpcJs.GetAddressAsync(compressing: true));

        await InteropCases.Compressed[name](channel, Token);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task GrpcJs_CallsOurServer_EveryCasePasses()
    {
        await NodeTool.RequireAsync(Token);
        await using var host = await EchoHost.StartAsync();

        var report = JsonNode.Parse(await NodeTool.RunAsync("interop-client.mjs", [host.Port], Token))!.AsObject();

        var expected = InteropCases.Plain.Keys.Concat(InteropCases.Compressed.Keys).Select(name => $"{name}: ok");
        Assert.Equal(expected, report.Select(entry => $"{entry.Key}: {entry.Value}"));
    }

    /// <summary>One server process for all cases; started by the first that needs it.</summary>
    public sealed class GrpcJsServer : IAsyncLifetime
    {
        private Task<NodeServer>? _server;

        public ValueTask InitializeAsync() => ValueTask.CompletedTask;

        public async Task<string> GetAddressAsync(bool compressing)
        {
            // Cases of a class run one after the other. The process outlives the test that starts it, so no test's token may end it.
            var server = await (_server ??= NodeTool.StartAsync("interop-server.mjs", [], CancellationToken.None));
            return $"http://127.0.0.1:{server.FirstLine.Split(' ')[compressing ? 1 : 0]}";
        }

        public async ValueTask DisposeAsync()
        {
            if (_server is { IsCompletedSuccessfully: true })
            {
                await (await _server).DisposeAsync();
            }
        }
    }
}
