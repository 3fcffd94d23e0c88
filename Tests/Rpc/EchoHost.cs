using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Server;
using OrleansFlow.Tests.Rpc.Interop;

namespace OrleansFlow.Tests.Rpc;

/// <summary>A Kestrel server on a free loopback port that serves <see cref="EchoService"/>, and its logs.</summary>
internal sealed class EchoHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private EchoHost(WebApplication app, EchoService service, RecordingLogger log)
    {
        _app = app;
        Service = service;
        Health = app.Services.GetRequiredService<RpcHealth>();
        Log = log;
        Address = app.Urls.Single();
    }

    public EchoService Service { get; }

    public RecordingLogger Log { get; }

    public RpcHealth Health { get; }

    public string Address { get; }

    public string Port => new Uri(Address).Port.ToString(CultureInfo.InvariantCulture);

    public static async Task<EchoHost> StartAsync(
        Action<RpcServerOptions>? configure = null, Action<IServiceCollection>? services = null, HttpProtocols protocols = HttpProtocols.Http2, X509Certificate2? certificate = null, Action<HttpsConnectionAdapterOptions>? tls = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        var log = new RecordingLogger();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureFlowHttp2();
            kestrel.Listen(IPAddress.Loopback, 0, listener =>
            {
                listener.Protocols = protocols;
                if (certificate is not null)
                {
                    listener.UseHttps(certificate, tls ?? (_ => { }));
                }
            });
        });
        builder.Services.AddRpcServer(configure);
        services?.Invoke(builder.Services);
        var app = builder.Build();
        var service = new EchoService();
        app.MapRpcService(service.Define());
        app.MapRpcService(InteropService.Define());
        app.MapRpcHealth();
        app.MapRpcReflection();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new EchoHost(app, service, log);
    }

    public RpcChannel Connect(RpcChannelOptions? options = null) => RpcChannel.ForAddress(Address, options);

    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
