using System.Net;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Server;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>
/// Unary gRPC calls of 32 bytes over one loopback connection, client and server in this process, against the same exchange
/// with Kestrel and <see cref="SocketsHttpHandler"/> alone. Latencies are those under load.
/// </summary>
internal sealed class GrpcUnary : Scenario
{
    private const string Service = "bench.Echo";
    private const int InFlight = 64;
    private const int Calls = 100_000;
    private const int BodyBytes = 32;
    private static readonly RpcMethod<BytesValue, BytesValue> Echo = RpcMethod.Protobuf<BytesValue, BytesValue>(RpcMethodKind.Unary, Service, "Echo");
    private static readonly byte[] Body = new byte[BodyBytes];
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler());
    private WebApplication? _server;
    private RpcChannel? _channel;
    private Uri? _bareAddress;

    public override string Name => "grpc-unary";

    public override string Question => $"How many unary gRPC calls a second, {InFlight} in flight over one connection?";

    public override string Unit => "calls/s";

    public override string BaselineName => $"bare Kestrel and HttpClient, HTTP/2 POSTs of {BodyBytes} bytes/s, {InFlight} in flight";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureFlowHttp2();
            kestrel.Listen(IPAddress.Loopback, 0, listener => listener.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddRpcServer();
        _server = builder.Build();
        _server.MapRpcService(new RpcServiceDefinition(Service).Unary(Echo, (request, _) => Task.FromResult(request)));
        _server.MapPost("/bare", (RequestDelegate)AnswerBareAsync);
        await _server.StartAsync(cancellationToken);
        var address = _server.Urls.Single();
        _channel = RpcChannel.ForAddress(address);
        _bareAddress = new Uri(address + "/bare");
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var latencies = new double[Calls];
        var request = new BytesValue { Value = ByteString.CopyFrom(Body) };
        var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        var began = _clock.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(async caller =>
        {
            for (var call = caller; call < Calls; call += InFlight)
            {
                var sent = _clock.GetTimestamp();
                await _channel!.UnaryAsync(Echo, request);
                latencies[call] = _clock.GetElapsedTime(sent).TotalMilliseconds;
            }
        }));
        var elapsed = _clock.GetElapsedTime(began);
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore;
        return new Sample(Calls / elapsed.TotalSeconds, latencies, (double)allocated / Calls);
    }

    public override async Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(async caller =>
        {
            var received = new byte[BodyBytes];
            for (var call = caller; call < Calls; call += InFlight)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, _bareAddress)
                {
                    Version = HttpVersion.Version20,
                    VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                    Content = new ByteArrayContent(Body),
                };
                using var response = await _http.SendAsync(request, cancellationToken);
                await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
                await stream.ReadExactlyAsync(received, cancellationToken);
            }
        }));
        return Calls / _clock.GetElapsedTime(began).TotalSeconds;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_channel is not null)
        {
            await _channel.DisposeAsync();
        }

        _http.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    private static async Task AnswerBareAsync(HttpContext http)
    {
        var body = new byte[BodyBytes];
        await http.Request.Body.ReadExactlyAsync(body, http.RequestAborted);
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }
}
