using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Server;

namespace OrleansFlow.Tests.Flight;

/// <summary>A Flight server on a free loopback port, a client of it, and the memory of both counted apart.</summary>
internal sealed class FlightHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly RpcChannel _channel;

    private FlightHost(WebApplication app, NumbersProducer producer, CountingAllocator serverMemory, RpcChannelOptions options)
    {
        _app = app;
        _channel = RpcChannel.ForAddress(app.Urls.Single(), options);
        Producer = producer;
        ServerMemory = serverMemory;
        Client = new FlightClient(_channel, new FlightOptions { Allocator = ClientMemory });
    }

    public NumbersProducer Producer { get; }

    public CountingAllocator ServerMemory { get; }

    public CountingAllocator ClientMemory { get; } = new();

    public FlightClient Client { get; }

    public RpcChannel Channel => _channel;

    public string Port => _channel.Address.Port.ToString(CultureInfo.InvariantCulture);

    public static async Task<FlightHost> StartAsync(RpcChannelOptions? options = null)
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
        var memory = new CountingAllocator();
        var producer = new NumbersProducer(memory);
        app.MapRpcService(FlightRpc.Define(producer, new FlightOptions { Allocator = memory }));
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new FlightHost(app, producer, memory, options ?? new RpcChannelOptions());
    }

    /// <summary>Stops both sides, then finds no memory left behind.</summary>
    public async Task StopAndCountAsync()
    {
        await DisposeAsync();
        Assert.Equal((0, 0), (ServerMemory.LiveBuffers, ServerMemory.LiveBytes));
        Assert.Equal((0, 0), (ClientMemory.LiveBuffers, ClientMemory.LiveBytes));
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _app.DisposeAsync();
        Producer.Dispose();
    }
}
