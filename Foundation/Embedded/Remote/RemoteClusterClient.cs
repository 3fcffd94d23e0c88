using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Orleans.Embedded.Remote;

/// <summary>
/// The client of a silo in another process: (1) connects when its host starts, as often as the retry filter wants, (2) takes calls, (3)
/// fails what is in flight when the connection is lost, and connects again until its host stops.
/// </summary>
internal sealed partial class RemoteClusterClient : RemoteRoute, IHostedService, IAsyncDisposable
{
    private readonly GrainGatewayOptions _options;
    private readonly IGatewayConnector _connector;
    private readonly IClientConnectionRetryFilter? _retryFilter;
    private readonly ConnectionToClusterLostHandler[] _lostHandlers;
    private readonly ClientMessagingOptions _messaging;
    private readonly TimeProvider _clock;
    private readonly ILogger<RemoteClusterClient> _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly string _clientId = Guid.NewGuid().ToString("N");
    private ClientPeer? _peer;
    private RemoteManifest? _manifest;
    private Exception? _lastFailure;
    private Task _running = Task.CompletedTask;

    public RemoteClusterClient(
        IServiceProvider services,
        IOptions<GrainGatewayOptions> options,
        IOptions<ClientMessagingOptions> messaging,
        IGatewayConnector connector,
        IEnumerable<IClientConnectionRetryFilter> retryFilters,
        IEnumerable<ConnectionToClusterLostHandler> lostHandlers,
        TimeProvider clock,
        ILogger<RemoteClusterClient> logger)
    {
        _options = options.Value;
        _messaging = messaging.Value;
        _connector = connector;
        _retryFilter = retryFilters.LastOrDefault();
        _lostHandlers = [.. lostHandlers];
        _clock = clock;
        _logger = logger;
        Timeouts = new CallTimeouts(clock, Environment.ProcessorCount);
        Client = new CallClient(
            this, Timeouts, services, _messaging, new LocalObjects(RemoteProtocol.RouteOf(_clientId), logger));
        Factory = new ClusterClient(Client);
    }

    public CallClient Client { get; }

    public IClusterClient Factory { get; }

    private CallTimeouts Timeouts { get; }

    public override void Dispatch(GrainRequest request, bool isOneWay, TimeSpan timeout)
    {
        if (Volatile.Read(ref _peer) is { } peer)
        {
            peer.Send(request, isOneWay, timeout);
            return;
        }

        request.FailRemote(new SiloUnavailableException(
            _running.IsCompleted
                ? "The client is not connected: start its host before the first call, and make none after its stop."
                : $"The client has no connection to a gateway and connects again; the last attempt failed: {Volatile.Read(ref _lastFailure)?.Message} "
                  + "The call was not made.",
            Volatile.Read(ref _lastFailure)!));
    }

    public override GrainType Resolve(Type interfaceType, string? classNamePrefix) =>
        (Volatile.Read(ref _manifest) ?? throw new InvalidOperationException(
            "The client does not know the cluster's grains before it is connected: start its host before the first GetGrain."))
        .Resolve(interfaceType, classNamePrefix);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var link = await ConnectAsync(cancellationToken).ConfigureAwait(false);
                _running = RunAsync(link);
                return;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogConnectFailed(attempt, exception.Message);
                if (_retryFilter is null || !await _retryFilter.ShouldRetryConnectionAttempt(exception, cancellationToken).ConfigureAwait(false))
                {
                    throw;
                }
            }
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stop.IsCancellationRequested)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await _running.ConfigureAwait(false);
        }

        Timeouts.Dispose();
        _stop.Dispose();
    }

    // 2. and 3.
    private async Task RunAsync(GatewayLink link)
    {
        var current = link;
        while (true)
        {
            var reason = await ServeAsync(current).ConfigureAwait(false);
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            LogConnectionLost(current.Gateway, reason.Message);
            NotifyLost();
            if (await ReconnectAsync().ConfigureAwait(false) is not { } next)
            {
                return;
            }

            current = next;
        }
    }

    /// <summary>Reads what the gateway sends until the connection is lost or the client stops.</summary>
    private async Task<Exception> ServeAsync(GatewayLink link)
    {
        Exception reason;
        try
        {
            await Task.WhenAny(link.Reading, link.Peer.EndedHere).WaitAsync(_stop.Token).ConfigureAwait(false);
            await (link.Reading.IsCompleted ? link.Reading : link.Peer.EndedHere).ConfigureAwait(false);
            reason = new OrleansException("the gateway has closed it.");
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            reason = new OrleansException("the client stops.");
        }
        catch (Exception exception)
        {
            reason = exception;
        }

        Volatile.Write(ref _lastFailure, reason);
        Volatile.Write(ref _peer, null);
        await link.CloseAsync(reason).ConfigureAwait(false);
        return reason;
    }

    private async Task<GatewayLink?> ReconnectAsync()
    {
        var delay = _options.ReconnectDelay;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await Task.Delay(Spread(delay), _clock, _stop.Token).ConfigureAwait(false);
                var link = await ConnectAsync(_stop.Token).ConfigureAwait(false);
                LogReconnected(link.Gateway, attempt);
                return link;
            }
            catch (Exception exception)
            {
                if (_stop.IsCancellationRequested)
                {
                    return null;
                }

                LogConnectFailed(attempt, exception.Message);
                Volatile.Write(ref _lastFailure, exception);
                delay = delay * 2 < _options.ReconnectDelayMax ? delay * 2 : _options.ReconnectDelayMax;
            }
        }
    }

    private async Task<GatewayLink> ConnectAsync(CancellationToken cancellationToken)
    {
        Exception? failure = null;
        foreach (var location in FindGateways())
        {
            try
            {
                using var late = new CancellationTokenSource(_options.ConnectTimeout, _clock);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
                return await OpenAsync(location, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception exception)
            {
                failure = new SiloUnavailableException(
                    exception is OperationCanceledException
                        ? $"The gateway {location.Address} did not answer within {_options.ConnectTimeout}. Is it an OrleansFlow gateway?"
                        : $"The gateway {location.Address} cannot be used: {exception.Message}",
                    exception);
            }
        }

        throw failure!;
    }

    private async Task<GatewayLink> OpenAsync(GrainGatewayLocation location, CancellationToken cancellationToken)
    {
        var connection = await _connector.OpenAsync(location, cancellationToken).ConfigureAwait(false);
        var gateway = location.Address.GetLeftPart(UriPartial.Authority);
        var link = new GatewayLink(new ClientPeer(connection, _messaging.MaxMessageBodySize, Client, gateway), connection, gateway);
        try
        {
            link.Peer.SayHello(_clientId);
            await Task.WhenAny(link.Peer.Welcome, link.Reading).WaitAsync(cancellationToken).ConfigureAwait(false);
            if (!link.Peer.Welcome.IsCompleted)
            {
                await link.Reading.ConfigureAwait(false);
                throw new OrleansException("the gateway has closed the connection instead of welcoming the client.");
            }

            var welcome = await link.Peer.Welcome.ConfigureAwait(false);
            Volatile.Write(ref _manifest, welcome.Manifest);
            Volatile.Write(ref _peer, link.Peer);
            LogConnected(gateway, welcome.SiloAddress, welcome.ClusterId);
            return link;
        }
        catch (Exception exception)
        {
            await link.CloseAsync(exception).ConfigureAwait(false);
            throw;
        }
    }

    private IReadOnlyList<GrainGatewayLocation> FindGateways()
    {
        var found = _options.Find?.Invoke() ?? [];
        return found.Count > 0
            ? found
            : throw new SiloUnavailableException(
                "No gateway is configured for the client: name one with UseStaticClustering, UseLocalhostClustering or UseOrleansFlowGateway.");
    }

    // Clients that lost the same silo do not all come back in the same instant; each has its own share of a quarter.
    private TimeSpan Spread(TimeSpan delay) => delay * (1 + (Convert.ToInt32(_clientId[..2], 16) / 1024.0));

    private void NotifyLost()
    {
        foreach (var handler in _lostHandlers)
        {
            try
            {
                handler(Factory, EventArgs.Empty);
            }
            catch (Exception exception)
            {
                // A handler of the application must not keep the client from connecting again.
                LogHandlerFailed(exception);
            }
        }
    }
}
