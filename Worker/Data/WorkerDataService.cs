using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansFlow.Artifacts;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Exchange;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Server;
using OrleansFlow.Worker.Jobs;
using OrleansFlow.Worker.Jobs.Edges;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Worker.Data;

/// <summary>A worker's listeners: Arrow Flight, and the exchange over TCP and over a socket on this host. Starts once; disposing it stops it.</summary>
internal sealed partial class WorkerDataService : IWorkerDataEndpoint, IAsyncDisposable
{
    private readonly WorkerDataOptions _options;
    private readonly string _socketName;
    private readonly Func<string, IArtifactStore> _openStore;
    private readonly TimeProvider _clock;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly VerificationKeys _keys = new();
    private readonly WorkerFlightProducer _producer;
    private readonly QueryWorkerService? _queries;
    private readonly List<ExchangeListener> _exchanges = [];
    private WebApplication? _app;
    private X509Certificate2? _certificate;
    private string? _artifactRoot;

    /// <summary>What runs tasks of queries; null where they are refused.</summary>
    internal QueryWorkerService? Queries => _queries;

    /// <summary>Makes it; nothing listens before <see cref="StartAsync"/>.</summary>
    /// <param name="options">Checked already.</param>
    /// <param name="socketName">Name of the socket's file within its folder.</param>
    /// <param name="openStore">Opens the artifact store at the root that the gateway names.</param>
    /// <param name="clock">Clock of tickets and times.</param>
    /// <param name="loggers">Makes its loggers.</param>
    /// <param name="makeQueries">Makes what runs tasks of queries, given who may call; null: they are refused.</param>
    public WorkerDataService(
        WorkerDataOptions options,
        string socketName,
        Func<string, IArtifactStore> openStore,
        TimeProvider clock,
        ILoggerFactory loggers,
        Func<QueryAuthorization, Func<string>, QueryWorkerService>? makeQueries = null)
    {
        _options = options;
        _socketName = socketName;
        _openStore = openStore;
        _clock = clock;
        _loggers = loggers;
        _logger = loggers.CreateLogger<WorkerDataService>();
        _queries = options.Enabled ? makeQueries?.Invoke(new QueryAuthorization.Signed(_keys, clock), () => Address) : null;
        _producer = new WorkerFlightProducer(_keys, clock, _queries?.Producer);
    }

    /// <summary>Takes rows for the subtasks of streaming jobs, too.</summary>
    public void Serve(JobHost jobs) => _producer.Jobs = new JobEdgeServer(jobs, _keys.Verify, _clock);

    /// <inheritdoc/>
    public string Address { get; private set; } = "";

    /// <summary>Limits of Flight at a worker: none of its own in either direction, so that only the longest buffer bounds a message.</summary>
    internal static FlightOptions FlightLimits => new() { MessageBytesMax = FlightOptions.NoMessageLimit };

    /// <summary>Starts to listen.</summary>
    /// <exception cref="FlowException"><c>bad_option</c>: the certificate or the address cannot be used; <c>port_in_use</c>.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!_options.Enabled)
        {
            return;
        }

        _certificate = LoadCertificate();
        try
        {
            _app = Build();
            await _app.StartAsync(cancellationToken);
            var flight = new Uri(_app.Urls.Single());
            var host = PublicHost();
            var isTls = _certificate is not null;
            List<string> locations = [string.Create(CultureInfo.InvariantCulture, $"grpc+{(isTls ? "tls" : "tcp")}://{Bracketed(host)}:{_options.PublicPort ?? flight.Port}")];
            var tcp = Listen(ExchangeAddress.Tcp(_options.BindAddress, _options.ExchangePort, isTls));
            locations.Add(ExchangeAddress.Tcp(host, tcp.Address.Port, isTls).ToString());
            if (TrySocketAddress() is { } socket)
            {
                locations.Add(Listen(socket).Address.ToString());
            }

            Address = DataLocations.Format(locations);
            LogServing(Address);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw Explain(exception);
        }
    }

    /// <inheritdoc/>
    public void OnRegistered(IReadOnlyList<string> verificationKeys, string artifactRoot)
    {
        if (Address.Length == 0)
        {
            return;
        }

        _keys.Set(verificationKeys);
        if (_artifactRoot != artifactRoot)
        {
            _producer.Artifacts = _openStore(artifactRoot);
            _producer.ArtifactRoot = artifactRoot;
            _artifactRoot = artifactRoot;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var exchange in _exchanges)
        {
            await exchange.DisposeAsync();
        }

        _exchanges.Clear();
        if (_app is not null)
        {
            await _app.DisposeAsync();
            _app = null;
        }

        if (_queries is not null)
        {
            await _queries.DisposeAsync();
        }

        _keys.Dispose();
        _certificate?.Dispose();
    }

    private WebApplication Build()
    {
        // Empty, because no settings file of whatever folder the process was started in may change what is served.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = typeof(WorkerDataService).Assembly.GetName().Name });
        builder.Services.Replace(ServiceDescriptor.Singleton(_loggers));
        builder.Services.Replace(ServiceDescriptor.Singleton(_clock));
        builder.Services.AddSingleton<IHostLifetime, OwnersLifetime>();
        builder.Services.AddRouting();
        builder.Services.AddRpcServer();
        builder.Services.AddSingleton<IRpcErrorMapper, QueryErrors>();
        builder.WebHost.UseKestrelCore();
        if (_certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureFlowHttp2();
            kestrel.Listen(IPAddress.Parse(_options.BindAddress), _options.Port, listener =>
            {
                listener.Protocols = HttpProtocols.Http2;
                if (_certificate is { } certificate)
                {
                    listener.UseHttps(certificate);
                }
            });
        });
        var app = builder.Build();
        app.MapRpcService(FlightRpc.Define(_producer, FlightLimits));
        app.MapRpcHealth();
        return app;
    }

    private ExchangeListener Listen(ExchangeAddress address)
    {
        var listener = ExchangeListener.Start(
            new ExchangeListenerOptions
            {
                Address = address,
                Tls = address.IsTls ? new SslServerAuthenticationOptions { ServerCertificate = _certificate } : null,
                Authorize = _producer.AuthorizeAsync,
                MapError = DataErrors.TryMap,
                UnexpectedError = LogExchangeFailed,
                TimeProvider = _clock,
            },
            _producer.ExchangeAsync);
        _exchanges.Add(listener);
        return listener;
    }

    private ExchangeAddress? TrySocketAddress()
    {
        var folder = _options.SocketFolder ?? Path.Combine(Path.GetTempPath(), "orleansflow");
        var path = Path.GetFullPath(Path.Combine(folder, _socketName));
        if (System.Text.Encoding.UTF8.GetByteCount(path) > ExchangeAddress.UnixPathBytesMax)
        {
            LogSocketPathTooLong(path, ExchangeAddress.UnixPathBytesMax);
            return null;
        }

        Directory.CreateDirectory(folder);
        return ExchangeAddress.Unix(path);
    }

    private string PublicHost()
    {
        if (_options.PublicHost is { } host)
        {
            return host;
        }

        var address = IPAddress.Parse(_options.BindAddress);
        return address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? Environment.MachineName : address.ToString();
    }

    private static string Bracketed(string host) => host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;

    private X509Certificate2? LoadCertificate() => TlsCertificate.Load(
        _options.TlsCertificatePath,
        _options.TlsCertificatePassword,
        $"{WorkerDataOptions.SectionName}:{nameof(_options.TlsCertificatePath)}",
        $"{WorkerDataOptions.SectionName}:{nameof(_options.TlsCertificatePassword)}");

    private FlowException Explain(Exception exception)
    {
        var where = $"{WorkerDataOptions.SectionName} on {_options.BindAddress}, ports {_options.Port} and {_options.ExchangePort}";
        var socket = exception as SocketException ?? exception.InnerException as SocketException ?? exception.InnerException?.InnerException as SocketException;
        return socket?.SocketErrorCode == SocketError.AddressAlreadyInUse || exception.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException
            ? new FlowException(FlowErrorCode.PortInUse, $"{where}: another process listens there. Choose other ports (0: free ones), or stop it.", exception)
            : new FlowException(FlowErrorCode.BadOption, $"{where}: nothing can listen there: {exception.Message} Choose another address.", exception);
    }

    [LoggerMessage(EventId = 5010, Level = LogLevel.Information, Message = "Data is served at {DataAddress}")]
    private partial void LogServing(string dataAddress);

    [LoggerMessage(EventId = 5011, Level = LogLevel.Warning,
        Message = "Workers on this host reach this one by TCP only: the socket {SocketPath} has more than {PathBytesMax} bytes. Set OrleansFlow:Worker:Data:SocketFolder to a shorter folder")]
    private partial void LogSocketPathTooLong(string socketPath, int pathBytesMax);

    [LoggerMessage(EventId = 5012, Level = LogLevel.Error, Message = "An exchange failed in a way that nobody foresaw; its reader got UNKNOWN")]
    private partial void LogExchangeFailed(Exception exception);

    /// <summary>The worker decides when to stop, no signal.</summary>
    private sealed class OwnersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
