using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Hosting;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Server;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Tests.Worker.Sessions;

/// <summary>Goal: a session's messages and endings cross a real gRPC stream. Method: Kestrel on a free port with a scripted service.</summary>
public class RpcWorkerTransportTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Connection_CarriesMessagesBothWaysAndTheGoodbye()
    {
        var goodbye = new TaskCompletionSource();
        string? authorization = null;
        await using var gateway = await StartAsync(async (requests, responses, context) =>
        {
            authorization = context.RequestHeaders.GetValue("authorization");
            await foreach (var request in requests)
            {
                await responses.WriteAsync(new SiloMessage { Registered = new Registered { SessionId = request.Register.WorkerId } });
            }

            goodbye.SetResult();
        });
        await using var transport = new RpcWorkerTransport(() => new GatewayEndpoint(gateway.Urls.Single(), "secret", "a test"), TimeProvider.System);
        await using var connection = await transport.ConnectAsync(Token);
        await using var messages = connection.ReadAllAsync(Token).GetAsyncEnumerator(Token);

        await connection.SendAsync(new WorkerMessage { Register = new Register { WorkerId = "w1" } }, Token);
        Assert.True(await messages.MoveNextAsync());
        Assert.Equal("w1", messages.Current.Registered.SessionId);
        Assert.Equal("Bearer secret", authorization);

        await connection.CompleteAsync();
        Assert.False(await messages.MoveNextAsync());
        await goodbye.Task.WaitAsync(Token);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(FlowErrorCode.WorkerIdInUse, RpcStatusCode.AlreadyExists)]
    [InlineData(FlowErrorCode.LimitExceeded, RpcStatusCode.ResourceExhausted)]
    public async Task Connection_ThatTheGatewayRefuses_FailsWithItsCode(FlowErrorCode code, RpcStatusCode status)
    {
        await using var gateway = await StartAsync((_, _, _) => throw new RpcException(
            RpcStatusDetails.WithErrorInfo(status, "Not you.", FlowErrorKind.Of(code).Wire, FlowErrorKind.Domain)));

        var failure = await FailAsync(gateway.Urls.Single());

        Assert.Equal(code, failure.Code);
        Assert.Equal("Not you.", failure.Message);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(RpcStatusCode.Unauthenticated, FlowErrorCode.Unauthenticated)]
    [InlineData(RpcStatusCode.Unimplemented, FlowErrorCode.Unsupported)]
    [InlineData(RpcStatusCode.Unavailable, FlowErrorCode.GatewayUnreachable)]
    public async Task Connection_ThatEndsWithAPlainStatus_SaysWhatItMeans(RpcStatusCode status, FlowErrorCode code)
    {
        await using var gateway = await StartAsync((_, _, _) => throw new RpcException(status, "plain"));

        Assert.Equal(code, (await FailAsync(gateway.Urls.Single())).Code);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Connection_ToNobody_IsUnreachableAndNamesTheAddress()
    {
        string address;
        await using (var gateway = await StartAsync((_, _, _) => Task.CompletedTask))
        {
            address = gateway.Urls.Single();
        }

        var failure = await FailAsync(address);

        Assert.Equal(FlowErrorCode.GatewayUnreachable, failure.Code);
        Assert.Contains($"{address} (from a test)", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ConnectAsync_AfterTheGatewayMoved_FollowsIt()
    {
        await using var first = await StartAsync((_, _, _) => throw new RpcException(RpcStatusCode.Unavailable, "first"));
        await using var second = await StartAsync((_, _, _) => throw new RpcException(RpcStatusCode.Unavailable, "second"));
        var addresses = new Queue<string>([first.Urls.Single(), second.Urls.Single()]);
        await using var transport = new RpcWorkerTransport(() => new GatewayEndpoint(addresses.Dequeue(), null, "a test"), TimeProvider.System);

        Assert.Contains("first", (await FailAsync(transport)).Message, StringComparison.Ordinal);
        Assert.Contains("second", (await FailAsync(transport)).Message, StringComparison.Ordinal);
    }

    private static async Task<FlowException> FailAsync(string address)
    {
        await using var transport = new RpcWorkerTransport(() => new GatewayEndpoint(address, null, "a test"), TimeProvider.System);
        return await FailAsync(transport);
    }

    private static Task<FlowException> FailAsync(RpcWorkerTransport transport) => Assert.ThrowsAsync<FlowException>(async () =>
    {
        await using var connection = await transport.ConnectAsync(Token);
        try
        {
            await connection.SendAsync(new WorkerMessage { Register = new Register { WorkerId = "w1" } }, Token);
        }
        catch (FlowException)
        {
            // The gateway may end the stream first; as in a session, reading gives the reason.
        }

        await foreach (var _ in connection.ReadAllAsync(Token))
        {
        }
    });

    private static async Task<WebApplication> StartAsync(
        Func<IAsyncEnumerable<WorkerMessage>, RpcResponseWriter<SiloMessage>, RpcServerContext, Task> serve)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureFlowHttp2();
            kestrel.Listen(IPAddress.Loopback, 0, listener => listener.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddRpcServer(null);
        var app = builder.Build();
        app.MapRpcService(new RpcServiceDefinition(RpcWorkerTransport.SessionMethod.Service).Duplex(
            RpcWorkerTransport.SessionMethod,
            async (requests, responses, context) =>
            {
                await context.SendResponseHeadersAsync();
                await serve(requests, responses, context);
            }));
        await app.StartAsync(Token);
        return app;
    }
}
