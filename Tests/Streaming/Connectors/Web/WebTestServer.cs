using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansFlow.Tests.Streaming.Connectors.Web;

/// <summary>A service of the web on a free port of the loopback, for the time of a test.</summary>
internal sealed class WebTestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WebTestServer(WebApplication app) => _app = app;

    /// <summary>Where it listens: http://127.0.0.1:port.</summary>
    public string Address => _app.Urls.First();

    /// <summary>Where it listens for WebSockets.</summary>
    public string SocketAddress => "ws" + Address["http".Length..];

    /// <summary>Headers of each request, in order.</summary>
    public ConcurrentQueue<IReadOnlyDictionary<string, string>> Requests { get; } = new();

    public static async Task<WebTestServer> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");

        // Connections that a test leaves open are cut.
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(100));
        var app = builder.Build();
        var server = new WebTestServer(app);
        app.UseWebSockets();
        app.Run(async context =>
        {
            server.Requests.Enqueue(context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
            try
            {
                await answer(context);
            }
            catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
            {
                // The other side has gone.
            }
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>A whole number of the query, or -1.</summary>
    public static int After(HttpContext context) => int.TryParse(context.Request.Query["after"], System.Globalization.CultureInfo.InvariantCulture, out var after) ? after : -1;
}
