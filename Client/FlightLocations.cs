using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;

namespace OrleansFlow.Client;

/// <summary>
/// Finds who gives out the data of an endpoint: its locations in their order, then the gateway. A worker needs no token, because the ticket
/// is the right to what it names; so none is sent to one.
/// </summary>
internal sealed class FlightLocations(RpcChannel gateway, TimeProvider clock) : IAsyncDisposable
{
    // A worker that cannot be reached, perhaps behind a firewall, must not cost each endpoint a connection's patience.
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PassedOverFor = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Lazy<Worker>> _workers = new(StringComparer.Ordinal);

    private readonly FlightClient _gatewayFlight = new(gateway);

    /// <summary>The sources of an endpoint, in the order in which they should be tried; the gateway is the last.</summary>
    /// <param name="endpoint">Which endpoint.</param>
    /// <param name="headers">Metadata of the calls; null for none.</param>
    public IReadOnlyList<EndpointSource> Of(FlightEndpoint endpoint, RpcMetadata? headers)
    {
        var sources = new List<EndpointSource>();
        foreach (var location in endpoint.Locations)
        {
            if (TryAddress(location) is { } address && !IsGateway(address))
            {
                var worker = _workers.GetOrAdd(address, key => new Lazy<Worker>(() => new Worker(key, clock))).Value;
                if (!worker.IsPassedOver)
                {
                    sources.Add(new EndpointSource(token => ReadAsync(worker.Client, token), worker.OnFailed));
                }
            }
        }

        sources.Add(new EndpointSource(token => ReadAsync(_gatewayFlight, token), static _ => { }));
        return sources;

        FlightReader ReadAsync(FlightClient client, CancellationToken token) => client.DoGet(endpoint.Ticket, new RpcCallOptions(Metadata: headers, CancellationToken: token));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers.Values)
        {
            await worker.Value.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static string? TryAddress(string location) =>
        Uri.TryCreate(location, UriKind.Absolute, out var uri) && uri.Host.Length > 0
            ? uri.Scheme switch
            {
                "grpc" or "grpc+tcp" => $"http://{uri.Authority}",
                "grpc+tls" => $"https://{uri.Authority}",

                // Connection reuse is the gateway; anything else is for other clients.
                _ => null,
            }
            : null;

    private bool IsGateway(string address) => string.Equals(gateway.Address.GetLeftPart(UriPartial.Authority), address, StringComparison.OrdinalIgnoreCase);

    private sealed class Worker : IAsyncDisposable
    {
        private readonly TimeProvider _clock;
        private readonly RpcChannel _channel;
        private StrongBox<long>? _failedAt;

        public Worker(string address, TimeProvider clock)
        {
            _clock = clock;
            _channel = RpcChannel.ForAddress(address, new RpcChannelOptions { ConnectTimeout = ConnectTimeout, TimeProvider = clock });
            Client = new FlightClient(_channel);
        }

        public FlightClient Client { get; }

        public bool IsPassedOver => Volatile.Read(ref _failedAt) is { } failedAt && _clock.GetElapsedTime(failedAt.Value) < PassedOverFor;

        /// <summary>Leaves the worker out for a while when it could not be reached.</summary>
        public void OnFailed(RpcException exception)
        {
            if (exception.Code == RpcStatusCode.Unavailable)
            {
                Volatile.Write(ref _failedAt, new StrongBox<long>(_clock.GetTimestamp()));
            }
        }

        public ValueTask DisposeAsync() => _channel.DisposeAsync();
    }
}
