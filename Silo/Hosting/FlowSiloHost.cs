using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Hosting;
using OrleansFlow.Silo.Security;

namespace OrleansFlow.Silo.Hosting;

/// <summary>A running silo with its gateway, in this process. Disposing it stops it.</summary>
/// <remarks>
/// The order of a start: (1) options and bind policy, (2) the silo takes its data folder, opens the store and wakes the runs that have not
/// ended, (3) the in-process worker, (4) the listeners, (5) <c>endpoints.json</c>. A stop goes the other way.
/// </remarks>
public sealed partial class FlowSiloHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string? _dataFolder;
    private readonly ILogger _logger;
    private readonly CancellationTokenRegistration _endpointsRemoval;
    private int _disposed;

    private FlowSiloHost(WebApplication app, string? dataFolder, EndpointsFile endpoints)
    {
        _app = app;
        _dataFolder = dataFolder;
        _logger = app.Services.GetRequiredService<ILogger<FlowSiloHost>>();
        Endpoints = endpoints;

        // As soon as it stops taking calls nobody should be sent here any more.
        _endpointsRemoval = app.Lifetime.ApplicationStopping.UnsafeRegister(static state => ((FlowSiloHost)state!).RemoveEndpoints(), this);
    }

    /// <summary>Where the gateway is, as <c>endpoints.json</c> says it.</summary>
    public EndpointsFile Endpoints { get; }

    /// <summary>Services of the host, for tests and for embedding.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Fires when the silo begins to stop.</summary>
    public CancellationToken Stopping => _app.Lifetime.ApplicationStopping;

    /// <summary>Starts a silo. When it returns the gateway takes calls and <c>endpoints.json</c> is written.</summary>
    /// <param name="options">Read once.</param>
    /// <param name="cancellationToken">Gives up the start; what was started is stopped again.</param>
    /// <exception cref="FlowException">
    /// <c>bad_option</c>, <c>bind_refused</c>, <c>port_in_use</c>, <c>store_in_use</c>, <c>store_full</c>, <c>state_corrupt</c>, ...
    /// </exception>
    public static async Task<FlowSiloHost> StartAsync(FlowSiloOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);

        // 1.
        options.Validate();
        var isOpen = BindPolicy.Check(options.BindAddress, options.TlsCertificatePath is not null, options.Token is not null || options.RequireToken || options.TlsClientAuthorityPath is not null, options.Insecure);
        var app = FlowSiloComposition.Build(options);
        try
        {
            // 2. to 4.
            await app.StartAsync(cancellationToken);

            app.Services.GetRequiredService<SiloServingClock>().MarkServing();

            // 5.
            var endpoints = MakeEndpoints(app, options);
            if (options.DataFolder is { } folder)
            {
                endpoints.Write(Path.GetFullPath(folder));
            }

            var host = new FlowSiloHost(app, options.DataFolder is null ? null : Path.GetFullPath(options.DataFolder), endpoints);
            if (isOpen)
            {
                host.LogInsecure(options.BindAddress);
            }

            host.LogServing(endpoints.GrpcUrl, endpoints.HttpUrl, endpoints.ClusterId);
            return host;
        }
        catch (Exception exception)
        {
            await StopQuietlyAsync(app);
            if (exception is OperationCanceledException && cancellationToken.IsCancellationRequested)
            {
                throw;
            }

            throw StartFailures.Explain(exception, options);
        }
    }

    /// <summary>Waits until the silo was told to stop and has stopped.</summary>
    /// <param name="cancellationToken">Tells it to stop.</param>
    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => _app.WaitForShutdownAsync(cancellationToken);

    /// <summary>Stops within <see cref="FlowSiloOptions.StopTimeout"/>: no further calls, the worker's good-bye, the grains, the store.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _app.StopAsync(cancellationToken);

    /// <summary>Stops and releases everything. Repeating it does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await StopQuietlyAsync(_app);
        await _endpointsRemoval.DisposeAsync();
    }

    private static async Task StopQuietlyAsync(WebApplication app)
    {
        try
        {
            await app.StopAsync(CancellationToken.None);
        }
        catch (Exception exception)
        {
            // Every part was told to stop; what could not end in time is cut off by the disposal.
            app.Services.GetRequiredService<ILoggerFactory>().CreateLogger<FlowSiloHost>().LogStopFailed(exception);
        }

        await app.DisposeAsync();
    }

    private static EndpointsFile MakeEndpoints(WebApplication app, FlowSiloOptions options)
    {
        var addresses = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Select(address => new Uri(address)).ToArray();
        app.Services.GetRequiredService<GatewayAddress>().Set(addresses[0]);
        var (token, _) = app.Services.GetRequiredService<SignedText>().Make(SignedText.TokenKind, "local", options.TokenLifetime);
        return new EndpointsFile
        {
            ClusterId = app.Services.GetRequiredService<GatewayIdentity>().ClusterId,
            GrpcUrl = GatewayAddress.ReachableHere(addresses[0]),
            HttpUrl = GatewayAddress.ReachableHere(addresses[1]),
            Token = token,
            ProcessId = Environment.ProcessId,
            StartedAt = options.Clock.GetUtcNow(),
        };
    }

    private void RemoveEndpoints()
    {
        if (_dataFolder is null)
        {
            return;
        }

        try
        {
            // Another silo may have taken the folder over since; its file stays.
            if (EndpointsFile.Read(_dataFolder) == Endpoints)
            {
                File.Delete(Path.Combine(_dataFolder, EndpointsFile.FileName));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FlowException)
        {
            LogEndpointsLeft(exception, _dataFolder);
        }
    }
}
