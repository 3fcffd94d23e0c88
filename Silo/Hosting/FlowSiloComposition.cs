using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansFlow.Rpc.Server;
using OrleansFlow.Silo.EventStreams;
using OrleansFlow.Silo.Security;
using OrleansFlow.Storage.Postgres;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Silo.Hosting;

/// <summary>Composes the web application of a silo.</summary>
internal static class FlowSiloComposition
{
    public static WebApplication Build(FlowSiloOptions options)
    {
        // Empty, because a settings file or an address variable of whatever folder the process was started in must not change a silo.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = typeof(FlowSiloHost).Assembly.GetName().Name });
        builder.Configuration.AddEnvironmentVariables();
        if (options.PostgresConnectionString is { } postgres)
        {
            builder.Configuration[StorageComposition.ProviderKey] = StorageComposition.Postgres;
            builder.Configuration[PostgresStoreOptions.SectionName + ":" + nameof(PostgresStoreOptions.ConnectionString)] = postgres;
        }

        builder.Logging.SetMinimumLevel(options.LogLevel);

        // The host logs a failed start with its whole stack; the caller of the start gets the same failure, said better.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddRouting();

        // Signals belong to whoever started this process; they reach the host through tokens.
        builder.Services.AddSingleton<IHostLifetime, TokenLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.StopTimeout);
        builder.Services.Replace(ServiceDescriptor.Singleton(options.Clock));
        builder.UseOrleans(silo =>
        {
            // Silos that keep nothing may share a process, but nothing else.
            ClusterComposition.Join(silo, options.DataFolder is null ? "memory-" + RandomNumberGenerator.GetHexString(8, lowercase: true) : "flow");
            silo.AddOrleansFlow(flow => flow.DataFolder = options.DataFolder);
        });
        if (options.ConfigureLeases is { } configureLeases)
        {
            builder.Services.Configure(configureLeases);
        }

        builder.Services.Configure<GatewayAuthOptions>(auth =>
        {
            auth.Token = options.Token ?? auth.Token;
            auth.RequireToken |= options.RequireToken || options.TlsClientAuthorityPath is not null;
            auth.TrustsClientCertificates |= options.TlsClientAuthorityPath is not null;
        });
        if (options.WorkerSlots > 0)
        {
            var worker = builder.Services.AddInProcessFlowWorker(worker =>
            {
                worker.Slots = options.WorkerSlots;

                // What runs may end, but the grains and the store need their share of the stop.
                worker.ShutdownGrace = options.StopTimeout / 4;
            });
            worker.UseOrleansStreams();
            options.ConfigureWorker?.Invoke(worker);
        }

        AddListeners(builder, options);
        options.ConfigureServices?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapOrleansFlowGateway();
        return app;
    }

    private static void AddListeners(WebApplicationBuilder builder, FlowSiloOptions options)
    {
        var certificate = TlsCertificate.Load(options.TlsCertificatePath, options.TlsCertificatePassword, "TLS certificate", "--tls-password");
        var authorities = ClientAuthorities.Load(options);
        builder.WebHost.UseKestrelCore();
        if (certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureFlowHttp2();
            Listen(options.GrpcPort, HttpProtocols.Http2);
            Listen(options.HttpPort, HttpProtocols.Http1);

            void Listen(int port, HttpProtocols protocols) => kestrel.Listen(options.BindAddress, port, listener =>
            {
                listener.Protocols = protocols;
                if (certificate is not null)
                {
                    listener.UseHttps(certificate, tls =>
                    {
                        if (authorities is not null && protocols == HttpProtocols.Http2)
                        {
                            tls.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                            tls.ClientCertificateValidation = (presented, chain, _) => authorities.Vouch(presented, chain);
                        }
                    });
                }
            });
        });
    }

    /// <summary>A host that no signal stops.</summary>
    private sealed class TokenLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
