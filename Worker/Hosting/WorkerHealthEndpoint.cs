using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Worker.Hosting;

/// <summary>
/// A worker's health over HTTP/1.1 on loopback: <c>/health</c> says all, <c>/health/live</c> that the process answers, <c>/health/ready</c> answers
/// 503 while the worker takes no tasks; <c>/metrics</c> says what the subtasks of its streaming jobs have done, as Prometheus scrapes it.
/// </summary>
internal sealed partial class WorkerHealthEndpoint(int port, Func<WorkerHealth> health, Func<string> metrics, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger<WorkerHealthEndpoint>();
    // As Prometheus scrapes it.
    private const string MetricsType = "text/plain; version=0.0.4; charset=utf-8";

    private WebApplication? _app;

    /// <summary>Where it listens; null before the start.</summary>
    public Uri? Address { get; private set; }

    /// <exception cref="FlowException"><c>port_in_use</c>.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = typeof(WorkerHealthEndpoint).Assembly.GetName().Name });
        builder.Services.Replace(ServiceDescriptor.Singleton(loggers));
        builder.Services.AddSingleton<IHostLifetime, Unsignalled>();
        builder.Services.AddRouting();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        _app = builder.Build();
        _app.MapGet("/metrics", () => Results.Text(metrics(), MetricsType));
        _app.MapGet("/health/live", () => Results.Text("live"));
        _app.MapGet("/health/ready", () => Answer(health(), mustBeReady: true));
        _app.MapGet("/health", () => Answer(health(), mustBeReady: false));
        try
        {
            await _app.StartAsync(cancellationToken);
        }
        catch (IOException exception)
        {
            throw new FlowException(
                FlowErrorCode.PortInUse, $"{WorkerOptions.SectionName}:{nameof(WorkerOptions.HealthPort)} {port} cannot be listened on: {exception.Message}", exception);
        }

        Address = new Uri(_app.Urls.Single());
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

    private static IResult Answer(WorkerHealth health, bool mustBeReady) => Results.Json(
        new Dictionary<string, object?>
        {
            ["worker_id"] = health.WorkerId.Value,
            ["status"] = health.IsDraining ? "draining" : health.IsConnected ? "online" : "offline",
            ["last_heartbeat_age_sec"] = health.SinceLastHeartbeat?.TotalSeconds,
            ["active_tasks"] = health.ActiveTasks,
            ["waiting_tasks"] = health.WaitingTasks,
            ["slots"] = health.Slots,
            ["saturation"] = health.Saturation,
        },
        statusCode: mustBeReady && !health.IsReady ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);

    [LoggerMessage(EventId = 2212, Level = LogLevel.Information, Message = "The worker's health is at {Address}health")]
    private partial void LogServing(Uri address);

    /// <summary>The signals of the process belong to the host of the worker.</summary>
    private sealed class Unsignalled : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
