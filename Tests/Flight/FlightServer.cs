using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Server;

namespace OrleansFlow.Tests.Flight;

/// <summary>A producer behind Kestrel on a free loopback port.</summary>
internal sealed class FlightServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FlightServer(WebApplication app)
    {
        _app = app;
    }

    public static async Task<FlightServer> StartAsync(IFlightProducer producer, FlightOptions options)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureFlowHttp2();
            kestrel.Listen(IPAddress.Loopback, 0, listener => listener.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddRpcServer();
        var app = builder.Build();
        app.MapRpcService(FlightRpc.Define(producer, options));
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new FlightServer(app);
    }

    /// <summary>A channel, and so a connection, of its own.</summary>
    public RpcChannel Connect(RpcChannelOptions? options = null) => RpcChannel.ForAddress(_app.Urls.Single(), options);

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
