using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Server;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Worker.Jobs;

/// <summary><c>WorkerService</c> on loopback, over HTTP/2. Starts once; disposing it stops it.</summary>
internal sealed partial class WorkerRpcEndpoint(int port, string? token, JobHost jobs, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger<WorkerRpcEndpoint>();
    private WebApplication? _app;

    /// <summary>Where it listens; null before the start.</summary>
    public Uri? Address { get; private set; }

    /// <exception cref="FlowException"><c>port_in_use</c>.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = typeof(WorkerRpcEndpoint).Assembly.GetName().Name });
        builder.Services.Replace(ServiceDescriptor.Singleton(loggers));
        builder.Services.AddSingleton<IHostLifetime, Unsignalled>();
        builder.Services.AddRouting();
        builder.Services.AddRpcServer();
        builder.Services.AddSingleton<IRpcErrorMapper, DataErrors>();
        if (token is not null)
        {
            builder.Services.AddSingleton<IRpcServerInterceptor>(new TokenCheck(token));
        }

        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureFlowHttp2();
            kestrel.Listen(IPAddress.Loopback, port, listener => listener.Protocols = HttpProtocols.Http2);
        });
        _app = builder.Build();
        _app.MapRpcService(new WorkerRpcService(jobs).Define());
        _app.MapRpcHealth();
        try
        {
            await _app.StartAsync(cancellationToken);
        }
        catch (IOException exception)
        {
            throw new FlowException(
                FlowErrorCode.PortInUse, $"{JobWorkerOptions.SectionName}:{nameof(JobWorkerOptions.RpcPort)} {port} cannot be listened on: {exception.Message}", exception);
        }

        Address = new Uri(_app.Urls.Single());
        jobs.RpcAddress = Address.GetLeftPart(UriPartial.Authority);
        LogServing(Address);
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
            _app = null;
        }
    }

    [LoggerMessage(EventId = 2286, Level = LogLevel.Information, Message = "The worker's streaming jobs are steered at {Address}")]
    private partial void LogServing(Uri address);

    /// <summary>The signals of the process belong to the host of the worker.</summary>
    private sealed class Unsignalled : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class TokenCheck(string token) : IRpcServerInterceptor
    {
        private const string Scheme = "Bearer ";

        private readonly byte[] _hash = SHA256.HashData(Encoding.UTF8.GetBytes(token));

        public Task InterceptAsync(RpcServerContext context, Func<Task> nextAsync)
        {
            // Digests of equal length, so that the comparison's time says nothing about the token.
            var value = context.RequestHeaders.GetValue("authorization") ?? "";
            return value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
                && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(value[Scheme.Length..].Trim())), _hash)
                    ? nextAsync()
                    : throw new FlowException(
                        FlowErrorCode.Unauthenticated, $"This worker wants a token: send 'authorization: Bearer TOKEN' ({JobWorkerOptions.SectionName}:{nameof(JobWorkerOptions.RpcToken)}).");
        }
    }
}
